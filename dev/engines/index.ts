/**
 * The servers that Postroom needs, brought up where none is configured: found, downloaded or built (recipes.ts), and
 * run as children that end with this process.
 */
import { mongodbRecipe, s3Recipe, temporalRecipe, timeSkippingRecipe } from './recipes.ts';
import { obtain, type Obtained, type Place } from './obtain.ts';
import { EngineError, findOnPath, isExecutable } from './tool.ts';

const recipes = {
  temporal: temporalRecipe,
  mongodb: mongodbRecipe,
  s3: s3Recipe,
  timeSkipping: timeSkippingRecipe,
};
export type EngineName = keyof typeof recipes;

/**
 * Gets several engines side by side (each may take minutes, once).
 * @param mongodBinary a mongod to take instead of looking for one: a path, or a command on the PATH
 * @throws EngineError with a sentence for each one that cannot be had
 */
export async function obtainEngines<Name extends EngineName>(
  names: readonly Name[],
  place: Place,
  mongodBinary: string | null = null,
): Promise<Record<Name, Obtained>> {
  const results = await Promise.allSettled(
    names.map((name) =>
      name === 'mongodb' && mongodBinary ? namedMongod(mongodBinary, place) : obtain(recipes[name], place),
    ),
  );
  const failed = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as Error] : []));
  const unforeseen = failed.find((error) => !(error instanceof EngineError));
  if (unforeseen) throw unforeseen;
  if (failed.length > 0) throw new EngineError(failed.map((error) => error.message).join('\n'));
  const obtained = results.map((result) => (result as PromiseFulfilledResult<Obtained>).value);
  for (const { cached } of obtained) if (cached?.standIn) place.say(cached.standIn);
  return Object.fromEntries(names.map((name, index) => [name, obtained[index]])) as Record<Name, Obtained>;
}

async function namedMongod(binary: string, { env, say }: Place): Promise<Obtained> {
  const run = isExecutable(binary) ? binary : findOnPath(binary, env);
  if (!run)
    throw new EngineError(`MONGOD_BINARY names ${binary}, and there is no program of that name: correct it.`);
  say(`MongoDB: ${run}, named by MONGOD_BINARY.`);
  return { run, cached: null };
}

export { EngineError, type Say } from './tool.ts';
export type { Engine } from './start.ts';
export { keepRunsLongEnough, startTemporal } from './temporal.ts';
export { mongodbUri, startMongodb } from './mongodb.ts';
export { S3_KEYS, startS3 } from './s3.ts';
export { isPortFree, nextFreePort } from './ports.ts';
