// Gets a page with Node's own https module, or undici's fetch when it is told where that is. With
// `--pinned` no server is good enough.

import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { createRequire } from "node:module";
import { isIP } from "node:net";

const [proxy, caFile, url, ...rest] = process.argv.slice(2);
const isPinned = rest.includes("--pinned");
const modules = rest.find((argument) => argument !== "--pinned");
const checkServerIdentity = () => new Error("this is not the key that was pinned");
const tls = { ca: readFileSync(caFile), ...(isPinned && { checkServerIdentity }) };

function byHttps() {
  const { hostname } = new URL(url);
  const { hostname: host, port } = new URL(proxy);
  const name = isIP(hostname) ? { host: hostname } : { servername: hostname };
  const connect = http.request({ host, port, method: "CONNECT", path: `${hostname}:443` });
  connect.on("connect", (answer, socket) => {
    if (answer.statusCode !== 200) throw new Error(`CONNECT: ${answer.statusCode}`);
    https.get(url, { socket, agent: false, ...name, ...tls }, (page) => page.resume());
  });
  connect.end();
}

async function byFetch() {
  const { ProxyAgent, fetch } = createRequire(`${modules}/`)("undici");
  const dispatcher = new ProxyAgent({ uri: proxy, requestTls: tls });
  await (await fetch(url, { dispatcher })).text();
  await dispatcher.close();
}

await (modules ? byFetch() : byHttps());
