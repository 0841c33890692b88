import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { askVersion, findTool } from './find.ts';
import { alreadyHere, inCache, sayWhatStays, type Obtained, type Place } from './here.ts';
import { livingClaims, takeClaim } from './claim.ts';
import { ownModule } from './ownModule.ts';
import type { Build, Cached, Download, Recipe } from './recipe.ts';
import { EngineError, elapsed, isExecutable, runTool } from './tool.ts';

const STALLED_AFTER_MS = 30_000;

/**
 * Finds an engine on the PATH or in the cache, or gets it by download, as a wheel or by building it. It is
 * renamed into the cache when it is complete. Of several processes one does the work and the others wait.
 * @throws EngineError that says what to do, when every way failed
 */
export async function obtain(recipe: Recipe, place: Place): Promise<Obtained> {
  const existing = await alreadyHere(recipe, place);
  if (existing) return existing;
  mkdirSync(place.cacheDir, { recursive: true });
  const claims = path.join(place.cacheDir, 'claims', slug(recipe.name));
  let saidAt = 0;
  const claim = await takeClaim(claims, (pid) => {
    if (Date.now() - saidAt < 30_000) return;
    saidAt = Date.now();
    place.say(`${recipe.name}: process ${pid} is getting it already; waiting for that one.`);
  });
  try {
    const obtained = await alreadyHere(recipe, place);
    if (obtained) return obtained;
    removeLeftovers(place, recipe, livingClaims(claims));
    return await make(recipe, place, path.join(place.cacheDir, `.${slug(recipe.name)}-${claim.name}`));
  } finally {
    claim.release();
  }
}

/** Ways 3 to 5. `folder` is new, in the cache, and renamed when what is in it is complete. */
async function make(recipe: Recipe, place: Place, folder: string): Promise<Obtained> {
  const failed: string[] = [];
  for (const { way, into, work } of attemptsAt(recipe, place, folder, (why) => failed.push(why))) {
    // `alreadyHere` looks only for the recipe's own entries: a build may lead to another one, which may
    // exist.
    const earlier = recipe.cached.includes(into) ? null : await inCache(recipe.name, into, place);
    if (earlier) return earlier;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const started = Date.now();
    try {
      if (!(await work())) continue;
      if (!isExecutable(path.join(folder, into.run))) throw new EngineError(`it left no ${into.run}`);
      const final = path.join(place.cacheDir, into.folder);
      rmSync(final, { recursive: true, force: true });
      renameSync(folder, final);
      const run = path.join(final, into.run);
      const found = await askVersion(run, into, place.env);
      if (typeof found === 'string') throw new EngineError(found);
      place.say(`${recipe.name}: ${way} done in ${elapsed(Date.now() - started)}, kept in ${final}.`);
      sayWhatStays(recipe, into, place);
      return { ...found, cached: into };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      failed.push(`${way} failed (${error.message})`);
      place.say(`${recipe.name}: ${way} failed after ${elapsed(Date.now() - started)}: ${error.message}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  throw new EngineError(
    `${recipe.name} is not here, and there was no way to get it: ${failed.join('; ')}. Do one of these: ` +
      `${recipe.advice}.`,
  );
}

interface Attempt {
  way: string;
  into: Cached;
  /** Resolves false when it could not be tried; `refused` was then called with the reason. */
  work: () => Promise<boolean>;
}

function attemptsAt(
  recipe: Recipe,
  place: Place,
  folder: string,
  refused: (why: string) => void,
): readonly Attempt[] {
  const { download } = recipe;
  const builds = recipe.builds.map((build) => ({
    way: build.how,
    into: build.into,
    work: async () => {
      const tools = await findTools(build, place.env);
      if (typeof tools === 'string') refused(`it cannot be installed ${build.how}: ${tools}`);
      else await buildIt(recipe, build, tools, place, folder);
      return typeof tools !== 'string';
    },
  }));
  if (!download) return builds;
  const fetching = async () => {
    await fetchIt(recipe, download, place, folder);
    return true;
  };
  return [{ way: 'download', into: download.into, work: fetching }, ...builds];
}

/** Paths of the tools that a build needs, or what is missing, with why each candidate was refused. */
async function findTools({ tools }: Build, env: NodeJS.ProcessEnv): Promise<string[] | string> {
  const missing: string[] = [];
  const paths: string[] = [];
  for (const tool of tools) {
    const refused: string[] = [];
    const found = await findTool(tool, env, (why) => refused.push(why));
    if (found) paths.push(found.run);
    else missing.push([`${tool.name} is not installed`, ...refused].join(', '));
  }
  return missing.length > 0 ? missing.join(' and ') : paths;
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
    args: [...ownModule(new URL('download', import.meta.url)), download.what, folder, download.into.run],
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
  place.say(`${recipe.name}: getting it ${build.how}. This takes ${build.takes}, once.`);
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
      doing: `${recipe.name}: getting it ${build.how}`,
      say: place.say,
    });
  }
}

/** Removes incomplete folders of processes that have died. */
function removeLeftovers(place: Place, recipe: Recipe, living: readonly string[]): void {
  const prefix = `.${slug(recipe.name)}-`;
  for (const name of readdirSync(place.cacheDir)) {
    if (!name.startsWith(prefix) || living.some((claim) => name === prefix + claim)) continue;
    place.say(`${recipe.name}: an earlier attempt was interrupted; trying again.`);
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
/** The log of one way, emptied. */
function newLog(recipe: Recipe, way: string, { cacheDir }: Place): string {
  const file = path.join(cacheDir, `${slug(recipe.name)}-${slug(way)}.log`);
  rmSync(file, { force: true });
  return file;
}
