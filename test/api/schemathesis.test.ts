import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createRoutes } from '../../src/api/api.ts';
import { findSchemathesis } from '../support/schemathesis.ts';
import { SOAK } from '../support/size.ts';
import { keyOf, oneOfEach, type Ids } from './oneOfEach.ts';
import { createWorld, seedEmails } from './world.ts';

const program = await findSchemathesis();

/**
 * Sends requests that the description allows, and many that it does not, as an owner with one row of each
 * kind.
 */
(program ? test : test.skip)(
  'schemathesis finds no 5xx, and no answer off its description',
  async () => {
    await using world = await createWorld({ rerun: () => Promise.resolve({ result: 'not needed' }) });
    await seedEmails(world);
    const ids: Ids = {
      ...(await oneOfEach(world, 'acme', 'max', {})),
      // Named by its address, and no row before it is put.
      'members/me/image-senders': 'ann@x.test',
    };
    const paths = createRoutes(world.deps).workspace.router.stack.map(({ path }) => String(path));
    const folder = await mkdtemp(path.join(os.tmpdir(), 'postroom-schemathesis-'));
    const config = [...new Set(paths)].map((route) => {
      const below = route.replace(/^.*:workspace_id/, '');
      const parameters = (below.match(/:\w+/g) ?? []).map(
        (name) => `"path.${name.slice(1)}" = ${JSON.stringify(ids[keyOf(below, name)])}`,
      );
      const include = JSON.stringify(route.replace(/:(\w+)/g, '{$1}').replace(/\/$/, ''));
      return `[[operations]]\ninclude-path = ${include}\nparameters = { ${['"path.workspace_id" = "acme"', ...parameters].join(', ')} }\n`;
    });
    await writeFile(path.join(folder, 'schemathesis.toml'), config.join('\n'));

    const args = [
      ...['--config-file', 'schemathesis.toml', 'run', `${world.url}/api/v1/openapi.json`],
      ...['--header', `Authorization: Bearer ${world.tokens.olga}`],
      ...['--checks', CHECKS.join(','), '--phases', 'coverage,fuzzing', '--max-examples', SOAK ? '40' : '1'],
      ...[
        '--request-timeout',
        '60',
        '--suppress-health-check',
        'all',
        '--generation-deterministic',
        '--continue-on-failure',
        '--no-color',
      ],
    ];
    const { code, output } = await outcomeOf(program!, args, folder);
    await rm(folder, { recursive: true });
    if (code !== 0) throw new Error(output);
  },
  1_200_000,
);

const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
];

async function outcomeOf(
  command: string,
  args: string[],
  cwd: string,
): Promise<{ code: number; output: string }> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => output.push(bytes));
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject).on('close', (status) => resolve(status ?? 1));
  });
  return { code, output: Buffer.concat(output).toString() };
}
