import { existsSync } from 'node:fs';
import path from 'node:path';
import { askVersion, findTool } from './find.ts';
import type { Cached, Command, Recipe } from './recipe.ts';
import { isExecutable, type Say } from './tool.ts';

export interface Place {
  cacheDir: string;
  /** For the tools that are run: PATH, HOME, proxies. */
  env: NodeJS.ProcessEnv;
  say: Say;
  /**
   * Folder of the engines' data, if any is kept: an engine that has data there is preferred to a better one.
   */
  dataDir?: string | undefined;
  /** A download that receives nothing for this long is given up (ms). Default 30 s. */
  stalledAfterMs?: number;
}

export interface Obtained {
  /** File to run. */
  run: string;
  /** Which of the recipe's cache entries it is; null = found elsewhere. */
  cached: Cached | null;
  /** As the program prints it; null when it prints none. */
  version: string | null;
}

/** Way 2: on the PATH, or in the cache. One that does not run is skipped, and reported. */
export async function alreadyHere(recipe: Recipe, place: Place): Promise<Obtained | null> {
  const candidates = [...recipe.commands, ...recipe.cached];
  const owners = candidates.filter(({ data }) => hasData(place, data));
  const others = candidates.filter((candidate) => !owners.includes(candidate));
  for (const candidate of [...owners, ...others]) {
    const found = await findCandidate(recipe.name, candidate, place);
    if (!found) continue;
    const better = candidates.slice(0, candidates.indexOf(candidate)).find((one) => isInCache(one, place));
    if (owners.includes(candidate) && better)
      place.say(
        `${recipe.name}: it goes on with its data in ${dataOf(place, candidate)}; ` +
          `${better.folder} starts with new data.`,
      );
    sayWhatStays(recipe, candidate, place);
    return found;
  }
  return null;
}

/** Says so when the engine to run cannot read the data of another one: that data is not lost. */
export function sayWhatStays(recipe: Recipe, taken: Command | Cached, place: Place): void {
  if (hasData(place, taken.data)) return;
  const other = [...recipe.commands, ...recipe.cached].find(({ data }) => hasData(place, data));
  if (other)
    place.say(`${recipe.name}: the data in ${dataOf(place, other)} is another engine's, and stays as it is.`);
}

/** The entry of the cache, if it exists and runs: a venv does not run when its Python was removed. */
export async function inCache(name: string, cached: Cached, place: Place): Promise<Obtained | null> {
  if (!isInCache(cached, place)) return null;
  const found = await askVersion(fileOf(cached, place), cached, place.env);
  if (typeof found === 'string') {
    place.say(`${name}: ${found}. Trying the next one.`);
    return null;
  }
  place.say(`${name}: ${cached.folder}, found in ${place.cacheDir}.`);
  return { ...found, cached };
}

async function findCandidate(
  name: string,
  candidate: Command | Cached,
  place: Place,
): Promise<Obtained | null> {
  if ('folder' in candidate) return inCache(name, candidate, place);
  const refused = (why: string): void => place.say(`${name}: ${why}. Trying the next one.`);
  const found = await findTool(candidate, place.env, refused);
  if (!found) return null;
  place.say(`${name}: ${found.run}, found on the PATH.`);
  return { ...found, cached: null };
}

const fileOf = ({ folder, run }: Cached, { cacheDir }: Place): string => path.join(cacheDir, folder, run);
const isInCache = (candidate: Command | Cached, place: Place): candidate is Cached =>
  'folder' in candidate && isExecutable(fileOf(candidate, place));

const dataOf = ({ dataDir = '' }: Place, { data = '' }: Command | Cached): string => path.join(dataDir, data);
const hasData = ({ dataDir }: Place, data: string | undefined): boolean =>
  dataDir !== undefined && data !== undefined && existsSync(path.join(dataDir, data));
