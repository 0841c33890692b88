import { readdirSync, readFileSync } from 'node:fs';
import { Worker } from '@temporalio/worker';
import { inboundPaths } from '../support/inboundPaths.ts';
import { todaysBundle } from '../support/worker.ts';

const folder = new URL('./histories/inboundEmail/', import.meta.url);
const paths = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));
const history = (path: string) =>
  JSON.parse(readFileSync(new URL(`${path}.json`, folder), 'utf8')) as unknown;
const replay = async (recorded: unknown) =>
  Worker.runReplayHistory({ workflowBundle: await todaysBundle() }, recorded);

test('every path has a recorded history', () => {
  expect(paths).toEqual(expect.arrayContaining(Object.keys(inboundPaths)));
});

test.each(paths)('%s replays on today’s code', async (path) => {
  await expect(replay(history(path))).resolves.toBeUndefined();
});

test('a history that today’s code would not have made is refused', async () => {
  const changed = JSON.parse(
    JSON.stringify(history('routed-with-files')).replaceAll('fetchAttachments', 'skipEmail'),
  ) as unknown;
  await expect(replay(changed)).rejects.toThrow(/[Nn]ondeterminism/);
});
