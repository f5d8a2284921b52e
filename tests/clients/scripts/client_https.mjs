// Gets a page with Node's own https module, and shows it. Node 20 knows no proxies: the CONNECT is ours.

import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";

const [proxy, caFile, url] = process.argv.slice(2);
const { hostname } = new URL(url);
const { hostname: host, port } = new URL(proxy);

const connect = http.request({ host, port, method: "CONNECT", path: `${hostname}:443` });
connect.on("connect", (answer, socket) => {
  if (answer.statusCode !== 200) throw new Error(`CONNECT: ${answer.statusCode}`);
  const options = { socket, servername: hostname, agent: false, ca: readFileSync(caFile) };
  https.get(url, options, (page) => {
    if (page.statusCode !== 200) throw new Error(`GET: ${page.statusCode}`);
    page.pipe(process.stdout);
  });
});
connect.end();
