import { startStack, type Stack } from './stack.ts';

let starting: Promise<Stack> | undefined;

/**
 * One stack for all suites of a test file: for those that leave it as it was, but for rows and mails of their
 * own. Its settings suit all of them. The file closes it: `afterAll(closeSharedStack)`.
 */
export const sharedStack = (): Promise<Stack> =>
  (starting ??= startStack({
    env: { WEBHOOKS_ALLOW_LOOPBACK: '1' },
    sandbox: { retrySpeed: 600, verifiesPerMinute: null },
  }));

/** The next file of this process starts one of its own. */
export async function closeSharedStack(): Promise<void> {
  const stack = starting;
  starting = undefined;
  await (await stack)?.close();
}
