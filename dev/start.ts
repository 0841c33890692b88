/**
 * `npm start`: the whole of Postroom on this machine. Starts the engines that are not configured, seeds a
 * demo workspace, and runs the local Mailgun, web and worker as processes of their own. Its data is in
 * `.postroom/`.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, environment, loadConfig, type Config } from '../src/infra/config.ts';
import { connect, newConnection, UnsuitableDatabase } from '../src/infra/database.ts';
import { bringUpEngines } from './engines.ts';
import { keepUp, type KeptUp } from './keepUp.ts';
import { localMailgunEnvironment } from './localMailgunEnvironment.ts';
import { readReady, removeReady, writeReady, type Ready } from '../src/cli/ready.ts';
import { loadSecrets, type Secrets } from './secrets.ts';
import { local, settings, type Ports } from './settings.ts';
import { stopOnSignals } from './stop.ts';
import { welcome } from './welcome.ts';
import { pause, startChild } from './engines/child.ts';
import { tryClaim } from './engines/claim.ts';
import { EngineError, isPortFree, nextFreePort } from './engines/index.ts';
import { ownModule } from './engines/ownModule.ts';
import { migrate } from '../src/infra/migrations/migrate.ts';
import { createModels } from '../src/infra/models/index.ts';
import { seed, type Seeded } from './seed.ts';

const dataDir = path.resolve('.postroom');
const say = (line: string): void => console.log(line);
/** What runs and must be stopped. */
const engines: KeptUp[] = [];
const processes: KeptUp[] = [];

async function main(): Promise<void> {
  const config = loadConfig();
  await claimFolder();
  const secrets = loadSecrets(dataDir);
  const taken = new Set<number>();
  const ports = await choosePorts(config, taken);
  const onUp = (engine: KeptUp) => engines.push(engine);
  const up = await bringUpEngines({ config, env: environment(), dataDir, taken, say, onUp });
  const enginesUpAt = performance.now();
  const set = settings(config, secrets, up, ports);
  const { webUrl, mailgun, ownMailgun, env } = set;
  run('web', '../src/web', { ...env, PORT: String(ports.web) });
  run('worker', '../src/worker', { ...env, WORKER_PORT: String(ports.worker) });
  if (ownMailgun)
    run('local Mailgun', 'mailgun/main', localMailgunEnvironment(dataDir, config.platformDomain, set));
  const [seeded] = await Promise.all([
    // Meanwhile the processes load: they need none of its rows for that.
    seedDemo(up.mongodbUri, config, secrets),
    answersWith200(`${local(ports.web)}/health/ready`),
    answersWith200(`${local(ports.worker)}/health/ready`),
    ownMailgun && answersWith200(`${mailgun.url}/sandbox/posts`),
  ]);

  const ready: Ready = {
    web_url: webUrl,
    dashboard_url: webUrl,
    temporal_ui_url: up.temporalUiUrl,
    temporal_address: up.temporalAddress,
    mongodb_uri: up.mongodbUri,
    mailgun_url: mailgun.url,
    mailgun_outbox_url: ownMailgun ? `${mailgun.url}/sandbox/outbox.json` : null,
    dns_records_url: ownMailgun ? `${mailgun.url}/sandbox/dns` : null,
    webhook_url: `${webUrl}/webhooks/mailgun/inbound`,
    events_url: `${webUrl}/webhooks/mailgun/events`,
    signing_key: mailgun.signingKey,
    api_token: secrets.api_token,
    member_token: secrets.member_token,
    mime_token: secrets.mime_token,
    workspace_id: seeded.workspaceId,
    other_workspace: { id: seeded.otherWorkspaceId, api_token: secrets.second_token },
    emails: seeded.emails,
    forwarding: seeded.forwarding,
    people: seeded.people,
    pid: process.pid,
  };
  writeReady(dataDir, ready);
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  say(
    `The engines were up after ${seconds(enginesUpAt)} s, ` +
      `and Postroom ${seconds(performance.now() - enginesUpAt)} s later.`,
  );
  say(welcome(ready, dataDir));
}

/** From here on this process is the one that runs here, and stops what it has started. @throws EngineError */
async function claimFolder(): Promise<void> {
  const claim = await tryClaim(path.join(dataDir, 'running'));
  if (typeof claim === 'number') {
    const at = readReady(dataDir)?.web_url;
    const which = `process ${claim}${at ? `, ${at}` : ''}`;
    throw new EngineError(`Postroom runs in this folder already (${which}). Stop that one first.`);
  }
  removeReady(dataDir);
  for (const name of readdirSync(dataDir)) if (name.endsWith('.log')) rmSync(path.join(dataDir, name));
  const stop = async () => {
    removeReady(dataDir);
    // Web and worker finish what they are at while the engines are still there.
    await Promise.all(processes.map((child) => child.stop()));
    await Promise.all(engines.map((child) => child.stop()));
    claim.release();
  };
  stopOnSignals(stop, process.argv.includes('--stop-with-parent'), say);
}

/** A configured PORT or none; the default ports, or the next ones above that are free. */
async function choosePorts({ port, portIsExplicit }: Config, taken: Set<number>): Promise<Ports> {
  const isFixed = portIsExplicit && port !== 0;
  if (isFixed && !(await isPortFree(port)))
    throw new EngineError(
      `Port ${port} is in use: stop what uses it, or set PORT to another one (or to none).`,
    );
  if (isFixed) taken.add(port);
  const web = isFixed ? port : await nextFreePort(3000, taken);
  return {
    web,
    worker: await nextFreePort(web + 1, taken),
    mailgun: await nextFreePort(8025, taken),
    dns: await nextFreePort(8053, taken),
  };
}

async function seedDemo(uri: string, { platformDomain }: Config, secrets: Secrets): Promise<Seeded> {
  const connection = newConnection();
  await connect(connection, uri);
  const models = createModels(connection);
  await migrate(connection, say);
  const seeded = await seed(models, {
    platformDomain,
    forwardingLocalPart: secrets.forwarding_local_part,
    password: secrets.demo_password,
    tokens: { owner: secrets.api_token, dana: secrets.member_token, secondOwner: secrets.second_token },
  });
  await connection.close();
  return seeded;
}

/** Runs one of our processes, and keeps it up. */
function run(name: string, module: string, env: NodeJS.ProcessEnv): void {
  const start = () =>
    startChild({
      command: process.execPath,
      args: ownModule(new URL(module, import.meta.url)),
      env,
      logFile: path.join(dataDir, `${name.replaceAll(' ', '-').toLowerCase()}.log`),
      graceSeconds: 20,
    });
  processes.push(keepUp(name, start(), () => Promise.resolve(start()), say));
}

async function answersWith200(url: string): Promise<void> {
  for (;;) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    await pause(100);
  }
}

try {
  mkdirSync(dataDir, { recursive: true });
  await main();
} catch (error) {
  const isSentence = [EngineError, ConfigError, UnsuitableDatabase].some((kind) => error instanceof kind);
  console.error(isSentence ? (error as Error).message : error);
  process.exit(1);
}
