/** What customers and developers set up, on one stack of web and worker. */
// First: it counts the owner's notifications.
import './setUp/webhooks.ts';
import './setUp/domains.ts';
import './setUp/addresses.ts';
import './setUp/outboxPage.ts';
import { closeSharedStack } from '../support/sharedStack.ts';

afterAll(closeSharedStack);
