/**
 * `npm run use-version -- <build id> [--percent 10]`, `npm run use-version -- --none`
 *
 * Switches to the workers with this `WORKER_BUILD_ID`, or to those without one. It waits up to a minute for them,
 * so it may be called as soon as they start. With `--percent` only that part of the runs goes to them.
 *
 * Exit codes: 0 switched; 1 it did not work (a sentence on stderr says why), and nothing has changed.
 */
import { parseArgs } from 'node:util';
import { ConfigError } from '../infra/config.ts';
import { createTemporalClient } from '../infra/temporal/client.ts';
import { useVersion, type Version } from '../infra/temporal/useVersion.ts';
import { installation, OperatorError } from './operator.ts';

const USAGE = 'npm run use-version -- <build id> [--percent 10], or npm run use-version -- --none';

/** @throws OperatorError */
function readArguments(): Pick<Version, 'buildId' | 'percent'> {
  const read = () =>
    parseArgs({
      allowPositionals: true,
      options: { percent: { type: 'string' }, none: { type: 'boolean' } },
    });
  let parsed: ReturnType<typeof read>;
  try {
    parsed = read();
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}\n${USAGE}`);
  }
  const { positionals, values } = parsed;
  const [buildId = null] = positionals;
  if (positionals.length + Number(values.none ?? false) !== 1) throw new OperatorError(USAGE);
  const { percent } = values;
  if (percent === undefined) return { buildId };
  if (!/^\d+$/.test(percent) || Number(percent) > 100)
    throw new OperatorError(`--percent must be a whole number from 0 to 100.\n${USAGE}`);
  return { buildId, percent: Number(percent) };
}

try {
  const version = readArguments();
  const { temporal, workerVersion } = installation();
  const client = createTemporalClient(temporal);
  try {
    await useVersion(client, { ...version, deployment: workerVersion.deployment });
  } finally {
    await client.connection.close();
  }
  const workers = version.buildId === null ? 'workers without a build id' : `workers of ${version.buildId}`;
  console.log(
    version.percent === undefined ? `In use: ${workers}.` : `${version.percent} % go to ${workers}.`,
  );
} catch (error) {
  const isSentence = error instanceof OperatorError || error instanceof ConfigError;
  const { message } = error as Error;
  console.error(isSentence ? message : `It did not work, and nothing has changed: ${message}`);
  process.exitCode = 1;
}
