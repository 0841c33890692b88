/**
 * The servers that Postroom needs. Those that are not configured are found, downloaded or built (recipes.ts),
 * and run as children that end with this process.
 */
import { askVersion, findTool } from './find.ts';
import type { Obtained, Place } from './here.ts';
import {
  fastMongodbRecipe,
  mongodbRecipe,
  s3Recipe,
  slowMongodbRecipe,
  temporalRecipe,
  timeSkippingRecipe,
} from './recipes.ts';
import { obtain } from './obtain.ts';
import { EngineError, isExecutable } from './tool.ts';

const recipes = {
  temporal: temporalRecipe,
  mongodb: mongodbRecipe,
  s3: s3Recipe,
  timeSkipping: timeSkippingRecipe,
};
export type EngineName = keyof typeof recipes;

interface Wishes {
  /** A mongod to take instead of looking for one: a path, or a command on the PATH. */
  mongodBinary?: string | null;
  /** Prefer a fast MongoDB, although its build takes minutes. */
  fast?: boolean;
}

/**
 * Gets several engines concurrently (each may take minutes, once).
 * @throws EngineError with a sentence for each one that it cannot get
 */
export async function obtainEngines<Name extends EngineName>(
  names: readonly Name[],
  place: Place,
  { mongodBinary = null, fast = false }: Wishes = {},
): Promise<Record<Name, Obtained>> {
  const results = await Promise.allSettled(
    names.map((name) => {
      if (name !== 'mongodb') return obtain(recipes[name], place);
      if (mongodBinary) return namedMongod(mongodBinary, place);
      return obtain(fast ? fastMongodbRecipe : mongodbRecipe, place);
    }),
  );
  const failed = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
  const unforeseen = failed.find((error) => !(error instanceof EngineError));
  if (unforeseen) throw unforeseen;
  if (failed.length > 0) throw new EngineError(failed.map((error) => error.message).join('\n'));
  const obtained = results.map((result) => (result as PromiseFulfilledResult<Obtained>).value);
  for (const { cached } of obtained) if (cached?.standIn) place.say(cached.standIn);
  return Object.fromEntries(names.map((name, index) => [name, obtained[index]])) as Record<Name, Obtained>;
}

/** A MongoDB that is some ten times slower than another: overload is measured on it. @throws EngineError */
export const obtainSlowMongodb = (place: Place): Promise<Obtained> => obtain(slowMongodbRecipe, place);

async function namedMongod(binary: string, { env, say }: Place): Promise<Obtained> {
  const mongod = mongodbRecipe.commands[0]!;
  const refused: string[] = [];
  const found = isExecutable(binary)
    ? await askVersion(binary, mongod, env)
    : await findTool({ ...mongod, commands: [binary] }, env, (why) => refused.push(why));
  if (found === null && refused.length === 0)
    throw new EngineError(`MONGOD_BINARY names ${binary}, and there is no program of that name: correct it.`);
  if (found === null || typeof found === 'string')
    throw new EngineError(
      `MONGOD_BINARY names a program that cannot be used: ${found ?? refused.join(', ')}.`,
    );
  say(`MongoDB: ${found.run}, named by MONGOD_BINARY.`);
  return { ...found, cached: null };
}

export { EngineError, type Say } from './tool.ts';
export type { Obtained } from './here.ts';
export type { Engine } from './start.ts';
export { keepRunsLongEnough, startTemporal } from './temporal.ts';
export { mongodbUri, startMongodb } from './mongodb.ts';
export { S3_KEYS, startS3 } from './s3.ts';
export { isPortFree, nextFreePort } from './ports.ts';
