import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { obtain } from '../../../dev/engines/obtain.ts';
import { fastMongodbRecipe, mongodbRecipe, s3Recipe } from '../../../dev/engines/recipes.ts';
import { answersVersion, fakePython, newMachine, slowGo, type Machine } from './fakes.ts';

const engines = ({ place }: Machine) =>
  readdirSync(place.cacheDir).filter((name) => name !== 'claims' && !name.endsWith('.log'));
/** A pip that puts a program into its venv. */
const pipWith = (program: string, script: string) =>
  `printf '#!/bin/sh\\n${script}\\n' > "$bin/${program}"; chmod 755 "$bin/${program}"`;
const withoutDownload = { ...mongodbRecipe, download: null };
const fastWithoutDownload = { ...fastMongodbRecipe, download: null };

test('a wheel goes before a build, into a venv of its own, by its pinned hashes', async () => {
  const machine = newMachine();
  machine.install('python3', fakePython('3.11.7', pipWith('weed', 'echo version 4.48')));
  machine.install('go', slowGo(machine.dir));
  const { run, cached, version } = await obtain(s3Recipe, machine.place);
  expect(run).toBe(path.join(machine.place.cacheDir, 'seaweedfs-wheel-4.48/bin/weed'));
  expect({ cached, version }).toEqual({ cached: s3Recipe.cached[0], version: '4.48' });
  const asked = readFileSync(path.join(path.dirname(run), 'arguments'), 'utf8');
  expect(asked).toMatch(/--require-hashes --only-binary :all: --requirement \S+\/wheels\/seaweedfs\.txt$/m);
  expect(machine.lines).toEqual([
    'S3: getting it as a wheel, with pip. This takes half a minute or less, once.',
    expect.stringMatching(/^S3: as a wheel, with pip done in \d+ s, kept in /),
  ]);
});

test('where pip fails it is built, and the reason is what pip printed first, with where the rest is', async () => {
  const machine = newMachine();
  machine.install('python3', fakePython('3.11.7', 'echo "ERROR: No matching distribution"; exit 1'));
  machine.install('go', slowGo(machine.dir, '.'));
  const { run } = await obtain(s3Recipe, machine.place);
  expect(run).toMatch(/versitygw$/);
  expect(machine.lines[1]).toMatch(
    /^S3: as a wheel, with pip failed after \d+ s: exit code 1: ERROR: No matching distribution\. The whole log is in .*s3-as-a-wheel-with-pip\.log$/,
  );
  expect(engines(machine)).toEqual(['versitygw-1.8.0']);
});

test('a program that was installed but does not run here is not kept as if it did', async () => {
  const machine = newMachine();
  machine.install('python3', fakePython('3.11.7', pipWith('weed', 'echo wrong machine; exit 126')));
  await expect(obtain(s3Recipe, machine.place)).rejects.toThrow(
    /as a wheel, with pip failed \(\S+\/weed does not run \(exit code 126: wrong machine\)\)/,
  );
});

test('an engine in the cache that runs no more is passed over, and had anew', async () => {
  const machine = newMachine();
  machine.install('python3', fakePython('3.11.7', pipWith('weed', '[ ! -e "$0.broken" ] || exit 127')));
  const { run } = await obtain(s3Recipe, machine.place);
  mkdirSync(`${run}.broken`);
  machine.lines.length = 0;
  expect((await obtain(s3Recipe, machine.place)).run).toBe(run);
  expect(machine.lines[0]).toBe(
    `S3: ${run} does not run (exit code 127: it printed nothing). Trying the next one.`,
  );
  expect(machine.lines.at(-1)).toMatch(/done in/);
});

/** A machine on which both stand-ins for MongoDB can be had. */
function machineWithBoth(): Machine {
  const machine = newMachine();
  machine.install('python3', fakePython('3.11.7'));
  const build = `for last; do :; done; mkdir -p "$last/bin"
printf '#!/bin/sh\\n' > "$last/bin/secantusd-rs"; chmod 755 "$last/bin/secantusd-rs"`;
  machine.install('cargo', `${answersVersion('--version', 'cargo 1.95.0')}\n${build}`);
  for (const tool of ['cmake', 'cc']) machine.install(tool, 'exit 0');
  return machine;
}

test('MongoDB’s stand-in is the wheel where nothing better is there, and the fast one where that was asked for', async () => {
  const machine = machineWithBoth();
  expect((await obtain(withoutDownload, machine.place)).cached?.folder).toBe('secantusdb-py-0.7.0b3');
  expect((await obtain(fastWithoutDownload, machine.place)).cached?.folder).toMatch(/^secantus-mdb-/);
  // Both are there now: the fast one wins.
  expect((await obtain(withoutDownload, machine.place)).cached?.folder).toMatch(/^secantus-mdb-/);
});

test('where the fast one cannot be built, the slow one that is there is taken', async () => {
  const machine = machineWithBoth();
  await obtain(withoutDownload, machine.place);
  machine.install('cargo', answersVersion('--version', 'cargo 1.80.1'));
  expect((await obtain(fastWithoutDownload, machine.place)).cached?.folder).toBe('secantusdb-py-0.7.0b3');
  expect(machine.lines.at(-1)).toMatch(/^MongoDB: secantusdb-py-0\.7\.0b3, found in /);
});

test('the stand-in whose data is there goes before the faster one, which could not read it', async () => {
  const machine = machineWithBoth();
  const dataDir = path.join(machine.dir, 'data');
  await obtain(withoutDownload, machine.place);
  await obtain(fastWithoutDownload, machine.place);
  mkdirSync(path.join(dataDir, 'secantus-py'), { recursive: true });
  const { cached } = await obtain(withoutDownload, { ...machine.place, dataDir });
  expect(cached?.folder).toBe('secantusdb-py-0.7.0b3');
  expect(machine.lines.at(-1)).toBe(
    `MongoDB: it goes on with its data in ${dataDir}/secantus-py; secantus-mdb-0.5.3-beta.196 starts with new data.`,
  );
});

test('data of an engine that is gone is not touched, and that is said', async () => {
  const machine = machineWithBoth();
  const dataDir = path.join(machine.dir, 'data');
  mkdirSync(path.join(dataDir, 'secantus'), { recursive: true });
  const { cached } = await obtain(withoutDownload, { ...machine.place, dataDir });
  expect(cached?.folder).toBe('secantusdb-py-0.7.0b3');
  expect(machine.lines.at(-1)).toBe(
    `MongoDB: the data in ${dataDir}/secantus is another engine's, and stays as it is.`,
  );
});
