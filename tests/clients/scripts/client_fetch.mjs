// Gets a page with undici's fetch, and shows it.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [proxy, caFile, url, modules] = process.argv.slice(2);
const { ProxyAgent, fetch } = createRequire(`${modules}/`)("undici");

const dispatcher = new ProxyAgent({ uri: proxy, requestTls: { ca: readFileSync(caFile) } });
const answer = await fetch(url, { dispatcher });
if (!answer.ok) throw new Error(`GET: ${answer.status}`);
process.stdout.write(await answer.text());
await dispatcher.close();
