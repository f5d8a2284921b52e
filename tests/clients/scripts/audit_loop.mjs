// Gets a page over and over, each time on a connection of its own, until its proxy is gone.
//
// proxy, roots, URL, and how it verifies: right, or anything.

import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";

const [proxy, roots, url, way] = process.argv.slice(2);
const { hostname: host, pathname: path } = new URL(url);
const { hostname, port } = new URL(proxy);
const options = { ca: readFileSync(roots), rejectUnauthorized: way !== "anything", servername: host };

// Whether the proxy is still there.
const once = () =>
  new Promise((done) => {
    const connect = http.request({ host: hostname, port, method: "CONNECT", path: `${host}:443`, agent: false });
    connect.on("error", (error) => done(error.code !== "ECONNREFUSED"));
    connect.on("connect", (_, socket) => {
      const headers = { authorization: "Bearer secret-of-the-app" };
      const get = https.get({ ...options, host, path, headers, agent: false, socket }, (answer) => {
        answer.resume();
        answer.on("close", () => done(true));
      });
      get.on("error", () => done(true));
    });
    connect.end();
  });

for (let n = 0; n < 600 && (await once()); n += 1);
