import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../src/infra/config.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(`${root}/${file}`, 'utf8');
/** Debian's docker-compose, or Docker's own plugin; null on a machine with neither. */
const compose = [['docker-compose'], ['docker', 'compose']].find(
  ([command = '', ...args]) => spawnSync(command, [...args, 'version']).status === 0,
);

/** The services that run with this profile, each with its text. */
function servicesOf(profile: string[]): Map<string, string> {
  const [command = '', ...args] = compose!;
  const config = execFileSync(command, [...args, ...profile, 'config'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, SECRETS_KEY: 'a-key-of-this-test' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const services = /^services:\n((?: .*\n)+)/m
    .exec(config)![1]!
    .split(/^ {2}(?=\S)/m)
    .slice(1);
  return new Map(services.map((service) => [service.split(':')[0]!, service]));
}

const SERVICES = ['migrate', 'mongo', 's3', 'temporal', 'temporal-db', 'temporal-ui', 'web', 'worker'];
const SCALED = ['proxy', 'web-b', 'worker-b'];

const ifComposeIsHere = compose ? test : test.skip;
ifComposeIsHere.each([
  [[], SERVICES],
  [['--profile', 'scaled'], [...SERVICES, ...SCALED].sort()],
])(
  'docker-compose.yml is one that docker-compose takes, with a health check for every service that stays up: %j',
  (profile, names) => {
    const services = servicesOf(profile);
    expect([...services.keys()].sort()).toEqual(names);
    services.delete('migrate');
    for (const service of services.values()) expect(service).toMatch(/^ {4}healthcheck:/m);
    expect(/depends_on:\n((?: {6}.*\n)+)/.exec(services.get('web')!)![1]).toBe(
      '      s3:\n        condition: service_healthy\n',
    );
  },
);

test('the scaled profile has two webs and two workers, and a proxy that knows both webs', () => {
  const text = read('docker-compose.yml');
  const blocks = text.slice(text.indexOf('\nservices:')).split(/^ {2}(?=[\w-]+:(?: &\w+)?$)/m);
  const block = (name: string) => blocks.find((each) => each.startsWith(`${name}:`)) ?? '';
  const inProfile = blocks.filter((each) => /^ {4}profiles: \[scaled\]$/m.test(each));
  expect(inProfile.map((each) => each.split(':')[0]).sort()).toEqual(SCALED);
  expect(block('web-b')).toMatch(/^ {4}<<: \*web$/m);
  // The port of the first is its own, so a second one cannot have it too.
  expect(block('web-b')).toMatch(/^ {4}ports: \[\]$/m);
  expect(block('worker-b')).toMatch(/^ {4}<<: \*worker$/m);
  expect(block('proxy')).toMatch(/^ {4}image: caddy:\d+\.\d+\.\d+/m);
  const webs = /^\s*reverse_proxy (.*) \{$/m.exec(read('Caddyfile'))![1]!.split(' ');
  expect(webs).toEqual(['web:3000', 'web-b:3000']);
  expect(block('web')).toContain("'http://127.0.0.1:3000/health/ready'");
  expect(read('Caddyfile')).toContain('respond /metrics 404');
});

test('.env.example names every variable that is read, and docker-compose.yml none that is not', () => {
  const names = [...read('src/infra/config.ts').matchAll(/^ {2}([A-Z][A-Z0-9_]+): /gm)].map(
    ([, name]) => name!,
  );
  expect(names.length).toBeGreaterThan(15);
  const documented = [...read('.env.example').matchAll(/^([A-Z0-9_]+)=/gm)].map(([, name]) => name!);
  expect(documented.sort()).toEqual(names.filter((name) => name !== 'HOME').sort());

  const anchor = /^ {2}environment:\n((?: {4}.*\n)+)/m.exec(read('docker-compose.yml'))![1]!;
  const set = [...anchor.matchAll(/^ {4}(\w+): (.*)$/gm)].map(([, name, value]) => [name!, value!] as const);
  for (const [name] of set) if (!name.startsWith('AWS_')) expect(names).toContain(name);
  // What it sets is right, also where the person who runs it has set nothing.
  const defaults = set.map(([name, value]) => [name, value.replace(/^\$\{\w+:-(.*)\}$/, '$1')]);
  expect(loadConfig(Object.fromEntries(defaults)).storage.url).toBe('s3://postroom/mail');
});
