import { readdirSync, readFileSync } from 'node:fs';
import { Worker } from '@temporalio/worker';
import { domainPaths, keepPaths } from '../support/domainPaths.ts';
import { inboundPaths } from '../support/inboundPaths.ts';
import { deletePaths, tidyPaths } from '../support/operationsPaths.ts';
import { proofPaths } from '../support/proofPaths.ts';
import { replyPaths } from '../support/replyPaths.ts';
import { snoozePaths } from '../support/snoozePaths.ts';
import { webhookPaths } from '../support/webhookPaths.ts';
import { todaysBundle } from '../support/bundle.ts';

const folder = new URL('./histories/', import.meta.url);
const histories = readdirSync(folder).flatMap((workflow) =>
  readdirSync(new URL(workflow, folder)).map((file) => `${workflow}/${file.replace(/\.json$/, '')}`),
);
const history = (of: string) => JSON.parse(readFileSync(new URL(`${of}.json`, folder), 'utf8')) as unknown;
const replay = async (recorded: unknown) =>
  Worker.runReplayHistory({ workflowBundle: await todaysBundle() }, recorded);

test('every path has a recorded history', () => {
  const paths = [
    ...Object.keys(inboundPaths).map((path) => `inboundEmail/${path}`),
    ...Object.keys(replyPaths).map((path) => `sendReply/${path}`),
    ...Object.keys(webhookPaths).map((path) => `deliverToEndpoint/${path}`),
    ...Object.keys(proofPaths).map((path) => `verifyForwarding/${path}`),
    ...Object.keys(domainPaths).map((path) => `verifyDomain/${path}`),
    ...Object.keys(deletePaths).map((path) => `deleteWorkspace/${path}`),
    ...Object.keys(tidyPaths).map((path) => `keepTidy/${path}`),
    ...Object.keys(snoozePaths).map((path) => `snoozeThread/${path}`),
    ...Object.keys(keepPaths).map((path) => `keepProvider/${path}`),
  ];
  expect(histories).toEqual(expect.arrayContaining(paths));
});

test.each(histories)('%s replays on today’s code', async (of) => {
  await expect(replay(history(of))).resolves.toBeUndefined();
});

test('a history that today’s code would not have made is refused', async () => {
  const changed = JSON.parse(
    JSON.stringify(history('inboundEmail/routed-with-files')).replaceAll('fetchAttachments', 'skipEmail'),
  ) as unknown;
  await expect(replay(changed)).rejects.toThrow(/[Nn]ondeterminism/);
});
