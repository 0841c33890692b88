import { startStack, type Stack, type StackOptions } from '../test/support/stack.ts';
import { closeLater } from './cleanUp.ts';

/** Postroom's processes with a database, namespace and folder of their own, which are removed at the end. */
export async function newStack(options: StackOptions = {}): Promise<Stack> {
  const stack = await startStack(options);
  const close = closeLater(async () => {
    await Promise.all([stack.stop('web'), stack.stop('worker')]);
    await stack.models.connection.dropDatabase();
    await stack.close();
  });
  return { ...stack, close };
}
