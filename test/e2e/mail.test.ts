/** Mail that comes in, on one stack of web and worker. */
import './mail/mailIn.ts';
import './mail/attachments.ts';
import './mail/bounces.ts';
import { closeSharedStack } from '../support/sharedStack.ts';

afterAll(closeSharedStack);
