/** Replies, on one stack of web and worker: booting one costs more than most suites. */
import './replies/roundTrip.ts';
import './replies/files.ts';
import './replies/sender.ts';
import './replies/deliveryStates.ts';
import { closeSharedStack } from '../support/sharedStack.ts';

afterAll(closeSharedStack);
