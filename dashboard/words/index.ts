import { acts } from './acts.ts';
import { common } from './common.ts';
import { composer } from './composer.ts';
import { contacts } from './contacts.ts';
import { list } from './list.ts';
import { notices } from './notices.ts';
import { session } from './session.ts';
import { settings } from './settings.ts';
import { shell } from './shell.ts';
import { thread } from './thread.ts';
import { views } from './views.ts';

/**
 * Every text of the page: components hold none (lint). English only for now; another language is another folder like this.
 * What takes a number or a name is a function.
 */
export const words = {
  ...common,
  acts,
  composer,
  contacts,
  list,
  notices,
  session,
  settings,
  shell,
  thread,
  views,
};
