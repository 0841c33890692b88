import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createGzip } from 'node:zlib';
import { loadConfig } from '../../../src/infra/config.ts';
import { obtainEngines } from '../../../dev/engines/index.ts';
import { obtain } from '../../../dev/engines/obtain.ts';
import { mongodbRecipe, temporalRecipe } from '../../../dev/engines/recipes.ts';
import { answersVersion, fakePython, newMachine, type Machine } from './fakes.ts';

const servers: (http.Server | https.Server)[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(server: http.Server | https.Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A machine whose MongoDB downloads come from a mirror, and on which pip can install the stand-in. */
async function machineWithMirror(answer: http.RequestListener): Promise<Machine & { asked: string[] }> {
  const asked: string[] = [];
  const mirror = await serve(
    http.createServer((request, response) => {
      asked.push(request.url ?? '');
      answer(request, response);
    }),
  );
  const machine = newMachine();
  Object.assign(machine.place.env, { MONGOMS_DOWNLOAD_MIRROR: `http://${mirror}`, MONGOMS_USE_HTTP: '1' });
  machine.install('python3', fakePython('3.11.7'));
  return { ...machine, asked };
}

const engines = ({ place }: Machine) =>
  readdirSync(place.cacheDir).filter((name) => name !== 'claims' && !name.endsWith('.log'));

/** A script that is longer than one read of a download: this, over and over. */
const A_PROGRAM = '#!/bin/sh\necho version 8.2.6\nexit 0\n';

test('mongod comes from the mirror, whole', async () => {
  const program = Buffer.alloc(3_000_000, `${A_PROGRAM}# a mongod\n`);
  const archive = await tarGz('mongodb-linux/bin/mongod', program);
  const sum = createHash('md5').update(archive).digest('hex');
  const machine = await machineWithMirror((request, response) => {
    const body = request.url?.endsWith('.md5') ? Buffer.from(`${sum}  mongodb.tgz`) : archive;
    response.writeHead(200, { 'Content-Length': body.length }).end(body);
  });
  const { run, cached } = await obtain(mongodbRecipe, machine.place);
  expect(run).toBe(path.join(machine.place.cacheDir, 'mongod-8.2.6/bin/mongod'));
  expect(readFileSync(run).equals(program)).toBe(true);
  expect(cached?.standIn).toBeUndefined();
  expect(machine.lines.filter((line) => !/^MongoDB: downloading, \d+ s/.test(line))).toEqual([
    'MongoDB: downloading.',
    expect.stringMatching(/^MongoDB: download done in \d+ s, kept in /),
  ]);
  expect(engines(machine)).toEqual(['mongod-8.2.6']);
  expect(readdirSync(path.join(machine.place.cacheDir, 'mongod-8.2.6'))).toEqual(['bin']);
});

test('a refused download is noticed at once, and the stand-in is installed', async () => {
  const machine = await machineWithMirror((request, response) => response.writeHead(403).end());
  const { cached } = await obtain(mongodbRecipe, machine.place);
  expect(machine.asked).toHaveLength(1);
  expect(cached?.standIn).toMatch('not for production mail');
  expect(machine.lines[1]).toMatch(/^MongoDB: download failed after \d+ s: exit code 1: .*403/);
  expect(engines(machine)).toEqual(['secantusdb-py-0.7.0b3']);
});

test('a download that is cut off is not used', async () => {
  const archive = await tarGz('mongodb-linux/bin/mongod', Buffer.alloc(3_000_000, 'a mongod '));
  const machine = await machineWithMirror((request, response) => {
    response.writeHead(200, { 'Content-Length': archive.length });
    response.write(archive.subarray(0, archive.length / 2), () => response.destroy());
  });
  const { cached } = await obtain(mongodbRecipe, machine.place);
  expect(cached?.folder).toBe('secantusdb-py-0.7.0b3');
  expect(machine.lines[1]).toMatch(/^MongoDB: download failed/);
  expect(engines(machine)).toEqual(['secantusdb-py-0.7.0b3']);
});

test('a download that hangs is given up', async () => {
  const machine = await machineWithMirror((request, response) => {
    response.writeHead(200, { 'Content-Length': 1_000_000 }).write('the first of many bytes');
  });
  const { cached } = await obtain(mongodbRecipe, { ...machine.place, stalledAfterMs: 6_000 });
  expect(cached?.folder).toBe('secantusdb-py-0.7.0b3');
  expect(machine.lines[1]).toMatch(/^MongoDB: download failed after \d+ s: nothing came for 6 s$/);
});

/** Temporal's SDK has no mirror, but takes the system's proxy. */
async function machineBehindProxy(onConnect: (socket: net.Socket) => void): Promise<Machine> {
  const proxy = http.createServer().on('connect', (_request, socket) => onConnect(socket as net.Socket));
  const machine = newMachine();
  machine.place.env.HTTPS_PROXY = `http://${await serve(proxy)}`;
  const build = 'mkdir -p "$GOBIN"; echo "#!/bin/sh" > "$GOBIN/temporal"; chmod 755 "$GOBIN/temporal"';
  machine.install('go', `${answersVersion('version', 'go version go1.26.8')}\n${build}`);
  return machine;
}

test('Temporal is built where its download is refused', async () => {
  const machine = await machineBehindProxy((socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
  const { run } = await obtain(temporalRecipe, machine.place);
  expect(machine.lines[1]).toMatch(/^Temporal: download failed after \d+ s: exit code 1: .*tunnel/);
  expect(run).toBe(path.join(machine.place.cacheDir, 'temporal-1.5.1/bin/temporal'));
});

test('Temporal is built where its download hangs', async () => {
  const machine = await machineBehindProxy((socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
  const { run } = await obtain(temporalRecipe, { ...machine.place, stalledAfterMs: 5_000 });
  expect(machine.lines[1]).toMatch(/nothing came for 5 s$/);
  expect(existsSync(run)).toBe(true);
});

test('Temporal comes whole from its makers, where they can be reached', async () => {
  const { cacheDir } = loadConfig();
  const { temporal } = await obtainEngines(['temporal'] as const, {
    cacheDir,
    env: process.env,
    say: () => {},
  });
  const program = Buffer.from(`#!/bin/sh\nexec ${temporal.run} "$@"\n`); // the SDK also starts it once
  const archive = await tarGz('temporal', program);
  const { key, cert, file } = certificateFor('temporal.download');
  const makers = https.createServer({ key, cert }, (request, response) => {
    if (request.url?.endsWith('.tar.gz')) response.end(archive);
    else
      response.end(
        JSON.stringify({ archiveUrl: 'https://temporal.download/t.tar.gz', fileToExtract: 'temporal' }),
      );
  });
  const port = Number((await serve(makers)).split(':')[1]);
  const machine = await machineBehindProxy((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n');
    socket.pipe(net.connect(port, '127.0.0.1')).pipe(socket);
  });
  machine.place.env.SSL_CERT_FILE = file;
  const { run } = await obtain(temporalRecipe, machine.place);
  // On a busy machine it says in between that it goes on.
  expect(machine.lines.filter((line) => !/^Temporal: downloading, \d+ s/.test(line))).toEqual([
    'Temporal: downloading.',
    expect.stringMatching(/^Temporal: download done/),
  ]);
  expect(run).toBe(path.join(machine.place.cacheDir, 'temporal-sdk-1.24.0/bin/temporal'));
  expect(readFileSync(run).equals(program)).toBe(true);
  expect(engines(machine)).toEqual(['temporal-sdk-1.24.0']);
});

/** A key, and a certificate that signs itself, in PEM. */
function certificateFor(host: string) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'postroom-tls-'));
  const [key, cert] = [path.join(dir, 'key.pem'), path.join(dir, 'cert.pem')];
  const request = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=${host}`;
  const names = [
    '-addext',
    `subjectAltName=DNS:${host}`,
    '-addext',
    'basicConstraints=critical,CA:FALSE',
    '-keyout',
    key,
    '-out',
    cert,
  ];
  execFileSync('openssl', [...request.split(' '), ...names], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert), file: cert };
}

/** A gzipped tar (POSIX ustar) with one file. */
async function tarGz(name: string, content: Buffer): Promise<Buffer> {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000755\0', 100);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        0', 148);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const gzip = createGzip();
  gzip.end(Buffer.concat([header, content, Buffer.alloc(((512 - (content.length % 512)) % 512) + 1024)]));
  const chunks: Buffer[] = [];
  for await (const chunk of gzip) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
