// Postroom compiled and its workflows bundled, once for each state of the sources: `npm start` and the tests
// run that. To load it from TypeScript costs every process seconds, and the worker some more for the bundle.
// Used before anything is compiled, so it is JavaScript; its types are in built.d.ts.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
/** Inside the checkout, so that Node finds package.json and node_modules above it. */
const BUILDS = path.join(ROOT, '.postroom', 'build');
/** What is compiled. */
export const PARTS = ['src', 'activities', 'workflows', 'dev'];
/** What a workflow's bundle is made of: they import types only from elsewhere (linted). */
const BUNDLED = ['workflows', 'src/infra/temporal/worker.ts', 'scripts/bundle.js', 'package-lock.json'];
const COMPILER = fileURLToPath(new URL('./compile.js', import.meta.url));
/** Further builds are kept for those who go to and fro between branches, and for what still runs from one. */
const KEPT = 8;

export async function built(say = () => undefined) {
  const folder = path.join(BUILDS, hashOf([...PARTS, 'scripts', 'package-lock.json']));
  if (!existsSync(folder)) await build(folder, say);
  const now = new Date();
  utimesSync(folder, now, now);
  return folder;
}

async function build(folder, say) {
  const started = Date.now();
  say('Postroom: compiling its sources, once for each change of them.');
  // A process of its own: what compiles takes memory that this one would never give back.
  const own = `${folder}-${process.pid}`;
  const bundle = path.join(BUILDS, `workflows-${hashOf(BUNDLED)}`);
  try {
    await promisify(execFile)(process.execPath, [COMPILER, own, bundle], { cwd: ROOT });
    renameSync(own, folder);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    // Another process may have been first.
    if (!existsSync(folder)) throw error;
  }
  removeOldBuilds();
  say(`Postroom: compiled in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
}

/** Of names and contents of files, and of all files in folders. */
function hashOf(parts) {
  const hash = createHash('sha256');
  for (const file of parts.flatMap(filesIn))
    hash.update(`${file}\0`).update(readFileSync(path.join(ROOT, file)));
  return hash.digest('hex').slice(0, 16);
}

/** Paths of the files below a file or folder, relative to the checkout, sorted. */
export function filesIn(part) {
  if (statSync(path.join(ROOT, part)).isFile()) return [part];
  return readdirSync(path.join(ROOT, part), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith('dev/mailgun/test/'))
    .sort();
}

function removeOldBuilds() {
  const entries = readdirSync(BUILDS)
    .map((name) => path.join(BUILDS, name))
    .map((entry) => ({ entry, usedAt: statSync(entry, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((one, other) => other.usedAt - one.usedAt);
  for (const { entry } of entries.slice(2 * KEPT)) rmSync(entry, { recursive: true, force: true });
}
