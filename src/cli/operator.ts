import path from 'node:path';
import { BackupError } from '../infra/backup/manifest.ts';
import { ConfigError, loadConfig, type Config } from '../infra/config.ts';
import { connect, newConnection, UnsuitableDatabase } from '../infra/database.ts';
import { readReady } from './ready.ts';
import { createModels, type Models } from '../infra/models/index.ts';

/** Its message is a sentence for the operator, who asked for something that cannot be done. */
export class OperatorError extends Error {}

/**
 * The installation that a command works on: the configured one, or the one that `npm start` runs in this
 * folder.
 */
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

/**
 * Runs an operator's command on the database. On a failure it prints a sentence to stderr, and the exit code
 * is 1.
 */
export async function operate(work: (models: Models) => Promise<void>): Promise<void> {
  const connection = newConnection();
  // A reader that has read enough, for example `| head`.
  process.stdout.on('error', () => process.exit());
  try {
    const { mongodbUri } = installation();
    await connect(connection, mongodbUri, { appName: 'postroom-operator' });
    await work(createModels(connection));
  } catch (error) {
    const isSentence = [OperatorError, BackupError, ConfigError, UnsuitableDatabase].some(
      (kind) => error instanceof kind,
    );
    console.error(isSentence ? (error as Error).message : `The command failed: ${(error as Error).message}`);
    process.exitCode = 1;
  } finally {
    await connection.close();
  }
}
