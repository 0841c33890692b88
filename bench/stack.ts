import { startStack, type Stack, type StackOptions } from '../test/support/stack.ts';
import { startGatedStack, type GatedStack } from '../test/support/gatedStack.ts';
import { closeLater } from './cleanUp.ts';

/** Postroom's processes with a database, namespace and folder of their own, which are removed at the end. */
export async function newStack(options: StackOptions = {}): Promise<Stack> {
  return withRemoval(await startStack(options));
}

/** The same behind gates: its engines can be taken away. */
export async function newGatedStack(options: StackOptions = {}): Promise<GatedStack> {
  return withRemoval(await startGatedStack(options));
}

function withRemoval<S extends Stack>(stack: S): S {
  const close = closeLater(async () => {
    await Promise.all([stack.stop('web'), stack.stop('worker')]);
    await stack.models.connection.dropDatabase();
    await stack.close();
  });
  return { ...stack, close };
}
