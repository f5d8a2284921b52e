"use strict";
// Loaded by Node before a program of `tlscope exec`. TLS connections and those of http.Agent go by a
// CONNECT through the proxy that HTTPS_PROXY names; everything else is as it was.

const http = require("http");
const net = require("net");
const tls = require("tls");
const { Duplex } = require("stream");

const proxy = proxyOf(process.env.HTTPS_PROXY || process.env.https_proxy);
if (proxy) install();

function proxyOf(url) {
  const parts = /^http:\/\/([^/:@]+):(\d+)\/?$/.exec(url || "");
  return parts && { host: parts[1], port: Number(parts[2]) };
}

function install() {
  const connect = tls.connect;
  tls.connect = function (...args) {
    const { options, callback } = read(args);
    if (!isDirect(options)) {
      // A host that is named in a URL or an option is what the certificate has to name, as ever.
      return connect({ ...options, socket: new Tunnel(options) }, callback);
    }
    return connect.apply(this, args);
  };
  // Node that reads HTTPS_PROXY by itself does so in its agents.
  if (readsEnvironment()) {
    keepQuiet();
  } else {
    const create = http.Agent.prototype.createConnection;
    http.Agent.prototype.createConnection = function (options, callback) {
      if (isDirect(options) || typeof callback !== "function") return create.apply(this, arguments);
      openTunnel(options, (error, socket) => (error ? callback(error) : callback(null, socket)));
    };
  }
  const { syncBuiltinESMExports } = require("module");
  if (syncBuiltinESMExports) syncBuiltinESMExports();
}

function readsEnvironment() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const isNew = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);
  return isNew && process.env.NODE_USE_ENV_PROXY === "1";
}

// Node 22 warns that reading the environment is an experiment: nobody has asked this program for it.
function keepQuiet() {
  const emit = process.emit;
  process.emit = function (name, warning) {
    if (name !== "warning" || !warning || warning.code !== "UNDICI-EHPA") return emit.apply(this, arguments);
    process.emit = emit;
    return false;
  };
}

// The forms of tls.connect: (options), (port, options), (port, host, options), each with a callback.
function read(args) {
  const options = {};
  const callback = args.find((arg) => typeof arg === "function");
  const [port, host] = args;
  if (typeof port === "number" || (typeof port === "string" && /^\d+$/.test(port))) options.port = port;
  else if (typeof port === "string") options.path = port;
  if (typeof host === "string") options.host = host;
  Object.assign(options, ...args.filter((arg) => arg !== null && typeof arg === "object"));
  return { options, callback };
}

// A socket that is there, one of this machine's files, the proxy itself, and what NO_PROXY names.
function isDirect({ socket, path, socketPath, host, port }) {
  const isProxy = host === proxy.host && Number(port) === proxy.port;
  return Boolean(socket || socketPath || (path && !port)) || !port || isProxy || isExcepted(String(host || "localhost"), port);
}

function isExcepted(host, port) {
  const list = process.env.NO_PROXY || process.env.no_proxy || "";
  return list.split(/[\s,]+/).filter(Boolean).some((entry) => {
    const [name, only] = entry.split(":");
    const suffix = name.replace(/^\*?\./, "");
    if (only && Number(only) !== Number(port)) return false;
    return name === "*" || host === suffix || host.endsWith("." + suffix);
  });
}

// Asks the proxy for a way, and gives the socket once it is there.
function openTunnel({ host, port }, done) {
  const name = net.isIPv6(host || "") ? `[${host}]` : host || "localhost";
  const socket = net.connect(proxy.port, proxy.host);
  let head = Buffer.alloc(0);
  const fail = (error) => {
    socket.destroy();
    done(error);
  };
  const closed = () => fail(new Error(`the proxy closed before it answered for ${name}:${port}`));
  const take = (chunk) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return;
    socket.removeListener("data", take).removeListener("error", fail).removeListener("end", closed);
    const line = head.toString("latin1", 0, head.indexOf("\r\n"));
    if (!/^HTTP\/1\.[01] 2/.test(line)) return fail(new Error(`the proxy says of ${name}:${port}: ${line}`));
    if (head.length > end + 4) socket.unshift(head.slice(end + 4));
    done(null, socket);
  };
  socket.on("data", take).once("error", fail).once("end", closed);
  socket.write(`CONNECT ${name}:${port} HTTP/1.1\r\nHost: ${name}:${port}\r\n\r\n`);
  return socket;
}

// A stream that can be written to before the way is there: tls.connect has to give something at once.
class Tunnel extends Duplex {
  constructor(options) {
    super({ allowHalfOpen: true });
    this.early = [];
    this.socket = null;
    this.raw = openTunnel(options, (error, socket) => {
      if (error) return this.destroy(error);
      this.socket = socket;
      socket.on("data", (chunk) => this.push(chunk) || socket.pause());
      socket.on("end", () => this.push(null));
      socket.on("error", (error) => this.destroy(error));
      socket.on("close", () => this.destroy());
      for (const act of this.early.splice(0)) act();
    });
  }
  whenOpen(act) {
    if (this.socket) act();
    else this.early.push(act);
  }
  _read() {
    this.whenOpen(() => this.socket.resume());
  }
  _write(chunk, encoding, done) {
    this.whenOpen(() => this.socket.write(chunk, encoding, done));
  }
  _final(done) {
    // It may have ended by itself, behind the other side's end.
    this.whenOpen(() => (this.socket.writable ? this.socket.end(() => done()) : done()));
  }
  _destroy(error, done) {
    this.raw.destroy();
    done(error);
  }
  setNoDelay(on) { this.raw.setNoDelay(on); return this; }
  setKeepAlive(on, ms) { this.raw.setKeepAlive(on, ms); return this; }
  ref() { this.raw.ref(); return this; }
  unref() { this.raw.unref(); return this; }
}
