import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { startEngine, type Engine } from './start.ts';
import { EngineError } from './tool.ts';

/** Days for which Temporal keeps closed runs: web compares the archive with them. */
const RETENTION_DAYS = 7;
const DAY_S = 24 * 60 * 60;

/**
 * Workspaces take turns in a task queue (docs/deploying.md). Servers before 1.31 need the first three, later ones
 * only the first; one that does not know them works in the order of arrival. Each partition of a queue keeps its
 * own order, so tasks go to one of them; the others are read, for what an earlier version left there.
 */
const MATCHING = {
  'matching.enableFairness': true,
  'matching.useNewMatcher': true,
  'matching.enableMigration': true,
  'matching.numTaskqueueWritePartitions': 1,
};

export interface TemporalOptions {
  run: string;
  port: number;
  /** Null: without a UI. */
  uiPort: number | null;
  namespace: string;
  dataDir: string;
}

/**
 * Starts Temporal's development server with its data in `<dataDir>/temporal.db`. What it acknowledges is
 * durable.
 */
export async function startTemporal(options: TemporalOptions): Promise<Engine> {
  const { run, port, uiPort, namespace, dataDir } = options;
  mkdirSync(dataDir, { recursive: true });
  const address = `127.0.0.1:${port}`;
  const engine = await startEngine({
    name: 'Temporal',
    command: run,
    args: [
      ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'error'],
      ...Object.entries(MATCHING).flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${value}`]),
      ...(uiPort === null ? ['--headless'] : ['--ui-port', String(uiPort)]),
      ...['--db-filename', path.join(dataDir, 'temporal.db'), '--namespace', namespace],
      // So that an acknowledged run survives a power failure.
      ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=FULL'],
    ],
    dataDir,
    ready: () => namespaceAnswers(address, namespace),
  });
  try {
    await keepRunsLongEnough(address, namespace);
  } catch (error) {
    // Nobody else knows of it: the next start would find its port taken.
    await engine.child.stop();
    throw error;
  }
  return engine;
}

async function namespaceAnswers(address: string, namespace: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: '1 second' });
  try {
    await connection.workflowService.listOpenWorkflowExecutions({ namespace });
    return true;
  } finally {
    await connection.close();
  }
}

/**
 * Makes sure that the namespace exists and keeps closed runs for 7 days.
 * @throws EngineError when it cannot be reached or set.
 */
export async function keepRunsLongEnough(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: '5 seconds' }).catch(() => {
    throw new EngineError(`Temporal does not answer at ${address}: start it, or correct TEMPORAL_ADDRESS.`);
  });
  try {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    const kept = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
    if (kept >= RETENTION_DAYS * DAY_S) return;
    await connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: { seconds: (RETENTION_DAYS * DAY_S) as never } },
    });
  } catch (error) {
    throw new EngineError(
      `Temporal at ${address} must have a namespace "${namespace}" that keeps closed runs for ` +
        `${RETENTION_DAYS} days (temporal operator namespace create --retention ${RETENTION_DAYS}d ` +
        `${namespace}): ${(error as Error).message}.`,
    );
  } finally {
    await connection.close();
  }
}
