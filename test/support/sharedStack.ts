import { startStack, type Stack } from './stack.ts';

let starting: Promise<Stack> | undefined;

/**
 * One stack for all suites of a test file: for those that leave it as it was, but for rows and mails of their
 * own. Its settings suit all of them. It is closed after the last one.
 */
export const sharedStack = (): Promise<Stack> =>
  (starting ??= startStack({
    env: { WEBHOOKS_ALLOW_LOOPBACK: '1' },
    sandbox: { retrySpeed: 600, verifiesPerMinute: null },
  }));

afterAll(async () => (await starting)?.close());
