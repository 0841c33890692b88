import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { livingClaims, takeClaim } from './claim.ts';
import type { Build, Cached, Download, Recipe } from './recipe.ts';
import { EngineError, elapsed, findOnPath, isExecutable, runTool, type Say } from './tool.ts';

export interface Place {
  cacheDir: string;
  /** For the tools that are run: PATH, HOME, proxies. */
  env: NodeJS.ProcessEnv;
  say: Say;
  /** A download that brings nothing new for so long is given up (ms). Default 30 s. */
  stalledAfterMs?: number;
}

export interface Obtained {
  /** File to run. */
  run: string;
  /** Which of the recipe's cache entries it is; null = found elsewhere. */
  cached: Cached | null;
}

const STALLED_AFTER_MS = 30_000;
const tsx = import.meta.resolve('tsx');
const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Finds an engine, or makes it: on the PATH, in the cache, by download, by building it. Whatever is made appears in the
 * cache by a rename when it is complete. Of several processes one works and the others wait for it.
 * @throws EngineError with what to do when every way failed.
 */
export async function obtain(recipe: Recipe, place: Place): Promise<Obtained> {
  const there = alreadyHere(recipe, place);
  if (there) return there;
  mkdirSync(place.cacheDir, { recursive: true });
  const claims = path.join(place.cacheDir, 'claims', slug(recipe.name));
  let toldAt = 0;
  const claim = await takeClaim(claims, (pid) => {
    if (Date.now() - toldAt < 30_000) return;
    toldAt = Date.now();
    place.say(`${recipe.name}: process ${pid} is getting it already; waiting for that one.`);
  });
  try {
    const made = alreadyHere(recipe, place);
    if (made) return made;
    removeLeftovers(place, recipe, livingClaims(claims));
    return await make(recipe, place, path.join(place.cacheDir, `.${slug(recipe.name)}-${claim.name}`));
  } finally {
    claim.release();
  }
}

function alreadyHere(recipe: Recipe, { cacheDir, env, say }: Place): Obtained | null {
  for (const command of recipe.commands) {
    const run = findOnPath(command, env);
    if (!run) continue;
    say(`${recipe.name}: ${run}, found on the PATH.`);
    return { run, cached: null };
  }
  for (const cached of recipe.cached) {
    const run = path.join(cacheDir, cached.folder, cached.run);
    if (!isExecutable(run)) continue;
    say(`${recipe.name}: ${cached.folder}, found in ${cacheDir}.`);
    return { run, cached };
  }
  return null;
}

/** Ways 3 and 4. `folder` is new, in the cache, and renamed when what is in it is complete. */
async function make(recipe: Recipe, place: Place, folder: string): Promise<Obtained> {
  const failed: string[] = [];
  const attempts: { way: string; into: Cached; work: () => Promise<void> }[] = [];
  const { download } = recipe;
  if (download)
    attempts.push({ way: 'download', into: download, work: () => fetchIt(recipe, download, place, folder) });
  for (const build of recipe.builds) {
    const tools = build.tools.map(
      (names) => names.map((name) => findOnPath(name, place.env)).find(Boolean) ?? null,
    );
    const missing = build.tools.filter((_, index) => !tools[index]).map((names) => names[0]);
    if (missing.length > 0)
      failed.push(`it cannot be built ${build.how}: ${missing.join(' and ')} not installed`);
    else
      attempts.push({
        way: `build ${build.how}`,
        into: build,
        work: () => buildIt(recipe, build, tools as string[], place, folder),
      });
  }
  for (const { way, into, work } of attempts) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const started = Date.now();
    try {
      await work();
      if (!isExecutable(path.join(folder, into.run))) throw new EngineError(`it left no ${into.run}`);
      const final = path.join(place.cacheDir, into.folder);
      rmSync(final, { recursive: true, force: true });
      renameSync(folder, final);
      place.say(`${recipe.name}: ${way} done in ${elapsed(Date.now() - started)}, kept in ${final}.`);
      const cached = recipe.cached.find((entry) => entry.folder === into.folder) ?? null;
      return { run: path.join(final, into.run), cached };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      failed.push(`${way} failed (${error.message})`);
      place.say(`${recipe.name}: ${way} failed after ${elapsed(Date.now() - started)}: ${error.message}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  throw new EngineError(
    `${recipe.name} is not here, and there was no way to get it: ${failed.join('; ')}. Do one of these: ${recipe.advice}.`,
  );
}

/** The download runs in a process of its own, so that it can be ended when it hangs. */
async function fetchIt(recipe: Recipe, download: Download, place: Place, folder: string): Promise<void> {
  const { stalledAfterMs = STALLED_AFTER_MS } = place;
  place.say(`${recipe.name}: downloading.`);
  let size = 0;
  let grewAt = Date.now();
  const stalled = (): string | null => {
    const now = bytesIn(folder);
    if (now !== size) grewAt = Date.now();
    size = now;
    return Date.now() - grewAt > stalledAfterMs ? `nothing came for ${elapsed(stalledAfterMs)}` : null;
  };
  await runTool({
    command: process.execPath,
    args: ['--import', tsx, path.join(root, 'dev/engines/download.ts'), download.what, folder, download.run],
    cwd: root,
    // Two tries, 2 s apart: a refusal should be noticed fast.
    env: { MONGOMS_MAX_RETRIES: '2', ...place.env },
    logFile: newLog(recipe, 'download', place),
    doing: `${recipe.name}: downloading`,
    say: place.say,
    giveUp: stalled,
  });
}

async function buildIt(
  recipe: Recipe,
  build: Build,
  tools: readonly string[],
  place: Place,
  folder: string,
): Promise<void> {
  place.say(`${recipe.name}: building it ${build.how}. This takes minutes, once.`);
  for (const [name, text] of Object.entries(build.files ?? {}))
    writeFileSync(path.join(folder, name), text, { mode: 0o755 });
  const logFile = newLog(recipe, build.how, place);
  for (const step of build.steps(folder, tools)) {
    await runTool({
      command: step.command,
      args: step.args,
      env: { ...place.env, ...step.env },
      cwd: place.cacheDir,
      logFile,
      doing: `${recipe.name}: building ${build.how}`,
      say: place.say,
    });
  }
}

/** Half-made folders of processes that are no more. */
function removeLeftovers(place: Place, recipe: Recipe, living: readonly string[]): void {
  const prefix = `.${slug(recipe.name)}-`;
  for (const name of readdirSync(place.cacheDir)) {
    if (!name.startsWith(prefix) || living.some((claim) => name === prefix + claim)) continue;
    place.say(`${recipe.name}: an earlier attempt broke off; it is taken up again.`);
    rmSync(path.join(place.cacheDir, name), { recursive: true, force: true });
  }
}

function bytesIn(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(path.join(folder, name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, size) => sum + size, 0);
}

const slug = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
/** Log of one way, begun anew. */
function newLog(recipe: Recipe, way: string, { cacheDir }: Place): string {
  const file = path.join(cacheDir, `${slug(recipe.name)}-${slug(way)}.log`);
  rmSync(file, { force: true });
  return file;
}
