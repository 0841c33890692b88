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

const ifComposeIsHere = compose ? test : test.skip;
ifComposeIsHere(
  'docker-compose.yml is one that docker-compose takes, with a health check for every service that stays up',
  () => {
    const [command = '', ...args] = compose!;
    const config = execFileSync(command, [...args, 'config'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const services = /^services:\n((?: .*\n)+)/m
      .exec(config)![1]!
      .split(/^ {2}(?=\S)/m)
      .slice(1);
    expect(services.map((service) => service.split(':')[0]).sort()).toEqual([
      'migrate',
      'mongo',
      's3',
      'temporal',
      'temporal-db',
      'temporal-ui',
      'web',
      'worker',
    ]);
    for (const service of services.filter((each) => !each.startsWith('migrate:')))
      expect(service).toMatch(/^ {4}healthcheck:/m);
    const web = services.find((service) => service.startsWith('web:'))!;
    expect(/depends_on:\n((?: {6}.*\n)+)/.exec(web)![1]).toBe(
      '      s3:\n        condition: service_healthy\n',
    );
  },
);

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
