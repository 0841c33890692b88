/**
 * `npm run engines`: gets every server that Postroom and its tests can need, and prints what each one is.
 * With `--fast` MongoDB's stand-in is the fast one, whose build takes minutes.
 */
import { ConfigError, environment, loadConfig } from '../src/infra/config.ts';
import { EngineError, obtainEngines, type EngineName } from './engines/index.ts';

const NAMES: Record<EngineName, string> = {
  temporal: 'Temporal',
  mongodb: 'MongoDB',
  s3: 'S3',
  timeSkipping: 'Time-skipping test server',
};

try {
  const { cacheDir, mongodBinary } = loadConfig();
  const place = { cacheDir, env: environment(), say: (line: string) => console.log(line) };
  const wishes = { mongodBinary, fast: process.argv.includes('--fast') };
  const obtained = await obtainEngines(Object.keys(NAMES) as EngineName[], place, wishes);
  console.log('');
  for (const [engine, name] of Object.entries(NAMES)) {
    const { run, cached, version } = obtained[engine as EngineName];
    console.log(`${name.padEnd(27)}${(cached?.folder ?? version ?? '').padEnd(35)}${run}`);
  }
} catch (error) {
  const isSentence = error instanceof EngineError || error instanceof ConfigError;
  console.error(isSentence ? error.message : error);
  process.exit(1);
}
