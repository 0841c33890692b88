/** The dashboard in a browser, on one stack of web and worker: what an agent does in a day. */
import './dashboard/answering.ts';
import './dashboard/byKeys.ts';
import './dashboard/byMouse.ts';
import './dashboard/lostConnection.ts';
import './dashboard/twoAgents.ts';
import './dashboard/hostileMail.ts';
import './dashboard/everyScreen.ts';
import './dashboard/bytes.ts';
import { closeDesk } from '../support/desk.ts';

afterAll(closeDesk);
