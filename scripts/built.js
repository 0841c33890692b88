// Compiles Postroom and bundles its workflows, once for each state of the sources, for `npm start` and the
// tests. Loading TypeScript would cost every process seconds, and the worker more for the bundle. This file
// is used before anything is compiled, so it is JavaScript; its types are in built.d.ts.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
/** Inside the checkout, so that Node finds package.json and node_modules above it. */
const BUILDS = path.join(ROOT, '.postroom', 'build');
/** The folders that are compiled. */
export const PARTS = ['src', 'activities', 'workflows', 'dev'];
/** The sources of the workflow bundle: workflows import only types from other folders (a lint rule). */
const BUNDLED = [
  'workflows',
  'src/infra/temporal/workflowBundle.ts',
  'scripts/bundle.js',
  'package-lock.json',
];
const COMPILER = fileURLToPath(new URL('./compile.js', import.meta.url));
/** What the dashboard is built from. */
const PAGE = ['dashboard', 'scripts/buildPage.js', 'package-lock.json'];
const PAGE_BUILDER = fileURLToPath(new URL('./buildPage.js', import.meta.url));
/** Older builds are kept for switching between branches, and for processes that still run from one. */
const KEPT = 8;

export async function built(say = () => undefined) {
  const folder = path.join(BUILDS, hashOf([...PARTS, 'scripts', 'package-lock.json']));
  if (!existsSync(folder)) await build(folder, say);
  const now = new Date();
  utimesSync(folder, now, now);
  return folder;
}

/** The built dashboard. @returns its folder, which has index.html */
export async function builtPage(say = () => undefined) {
  const folder = path.join(BUILDS, `dashboard-${hashOf(PAGE)}`);
  if (!existsSync(folder)) await make(folder, say, 'the dashboard', PAGE_BUILDER);
  const now = new Date();
  utimesSync(folder, now, now);
  return folder;
}

async function build(folder, say) {
  const bundle = path.join(BUILDS, `workflows-${hashOf(BUNDLED)}`);
  await make(folder, say, 'its sources', COMPILER, [bundle]);
}

/** Runs a script that makes the folder, beside its place; then it is moved there. */
async function make(folder, say, what, script, more = []) {
  const started = Date.now();
  say(`Postroom: compiling ${what}, once after each change.`);
  // In a process of its own, because this one would never give back the memory that compiling takes.
  const temporary = `${folder}-${process.pid}`;
  try {
    await promisify(execFile)(process.execPath, [script, temporary, ...more], { cwd: ROOT });
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    // Another process may have compiled it meanwhile.
    if (!existsSync(folder)) throw error;
  }
  removeOldBuilds();
  say(`Postroom: compiled ${what} in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
}

/** Hash of the names and contents of files; of a folder, of all files in it. */
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
    .filter((file) => !file.startsWith('dev/mailgun/test/') && !file.endsWith('.gen.d.ts'))
    .sort();
}

function removeOldBuilds() {
  const entries = readdirSync(BUILDS)
    .map((name) => path.join(BUILDS, name))
    .map((entry) => ({ entry, usedAt: statSync(entry, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((one, other) => other.usedAt - one.usedAt);
  for (const { entry } of entries.slice(3 * KEPT)) rmSync(entry, { recursive: true, force: true });
}
