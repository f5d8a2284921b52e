// Gets a page in the way that is named first, and shows it; knows nothing of proxies.

const [way, url] = process.argv.slice(2);
const { hostname, pathname } = new URL(url);
const show = (answer) => answer.pipe(process.stdout);

const ways = {
  https: () => require("https").get(url, show),
  // An agent of its own, as most libraries have.
  agent: () => require("https").get(url, { agent: new (require("https").Agent)({ keepAlive: false }) }, show),
  http: () => require("http").get(url, show),
  fetch: async () => process.stdout.write(await (await fetch(url)).text()),
  http2: () => {
    const session = require("http2").connect(`https://${hostname}`);
    const request = session.request({ ":path": pathname });
    request.on("close", () => session.close());
    show(request);
  },
  tls: () => {
    const socket = require("tls").connect(443, hostname, { servername: hostname }, () => {
      socket.write(`GET ${pathname} HTTP/1.0\r\nHost: ${hostname}\r\n\r\n`);
    });
    let answer = "";
    socket.on("data", (chunk) => (answer += chunk));
    socket.on("end", () => process.stdout.write(answer.slice(answer.indexOf("\r\n\r\n") + 4)));
  },
  // Does nothing that has to do with a network, and has to work as ever.
  nothing: () => {
    const worker = new (require("worker_threads").Worker)("require('worker_threads').parentPort.postMessage(1 + 1)", { eval: true });
    worker.on("message", (sum) => process.stdout.write(`${sum} ${process.execArgv.length}`));
  },
};
ways[way]();
