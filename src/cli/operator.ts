import path from 'node:path';
import { ConfigError, loadConfig, type Config } from '../infra/config.ts';
import { connect, newConnection, UnsuitableDatabase } from '../infra/database.ts';
import { readReady } from './ready.ts';
import { createModels, type Models } from '../infra/models/index.ts';

/** A sentence for the operator, who typed something that cannot be done. */
export class OperatorError extends Error {}

/** Where an operator's command works: the configured installation, or the one that `npm start` runs in this folder. */
export function installation(): Config & {
  mongodbUri: string;
  temporal: Config['temporal'] & { address: string };
} {
  const config = loadConfig();
  const ready = readReady(path.resolve('.postroom'));
  const mongodbUri = config.mongodbUri ?? ready?.mongodb_uri;
  const address = config.temporal.address ?? ready?.temporal_address;
  const uiUrl = config.temporal.uiUrl ?? ready?.temporal_ui_url ?? null;
  if (!mongodbUri || !address)
    throw new OperatorError('Set MONGODB_URI and TEMPORAL_ADDRESS, or run `npm start` in this folder first.');
  const publicUrl = config.publicUrlIsExplicit ? config.publicUrl : (ready?.web_url ?? config.publicUrl);
  return { ...config, publicUrl, mongodbUri, temporal: { ...config.temporal, address, uiUrl } };
}

/** Runs an operator's command on the database. Whatever goes wrong is a sentence on stderr and exit code 1. */
export async function operate(work: (models: Models) => Promise<void>): Promise<void> {
  const connection = newConnection();
  try {
    const { mongodbUri } = installation();
    await connect(connection, mongodbUri);
    await work(createModels(connection));
  } catch (error) {
    const isSentence = [OperatorError, ConfigError, UnsuitableDatabase].some((kind) => error instanceof kind);
    console.error(isSentence ? (error as Error).message : `It did not work: ${(error as Error).message}`);
    process.exitCode = 1;
  } finally {
    await connection.close();
  }
}
