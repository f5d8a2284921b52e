// Node's tls: `ask.mjs ROOTS` asks for each line `case<TAB>host<TAB>port` and says what came of it.
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { connect } from 'node:tls';

const ca = readFileSync(process.argv[2]);

const ask = (host, port) =>
  new Promise((resolve) => {
    const name = isIP(host) ? {} : { servername: host };
    const socket = connect({ host: '127.0.0.1', port, ca, ...name }, () =>
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    );
    const settle = (said) => {
      resolve(said);
      socket.destroy();
    };
    socket.setTimeout(3000, () => settle('timed out'));
    socket.once('data', (data) => settle(data.toString().split('\r\n')[0]));
    socket.once('error', (error) => settle(`${error.code}: ${error.message}`));
    socket.once('close', () => settle('nothing'));
  });

const lines = readFileSync(0, 'utf8').trimEnd().split('\n');
const worker = async () => {
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const [name, host, port] = line.split('\t');
    const said = await ask(host, Number(port));
    console.log(`${name}\t${said.replaceAll('\n', ' ')}`);
  }
};
await Promise.all([worker(), worker(), worker(), worker()]);
