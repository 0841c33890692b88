import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';

type Info = ConstructorParameters<typeof MockActivityEnvironment>[0];

/**
 * Runs steps as a worker would, without Temporal. It reports no step that fails: tests have many fail on
 * purpose.
 */
export const activityEnvironment = (info?: Info): MockActivityEnvironment =>
  new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
