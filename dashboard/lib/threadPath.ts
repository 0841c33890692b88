import type { paths } from './schema.gen.d.ts';
import type { Kind } from './rows.ts';

/** Tickets and conversations have the same routes, so calls are typed by those of tickets. */
export const threadPath = <Path extends keyof paths>(kind: Kind, path: Path): Path =>
  (kind === 'ticket' ? path : path.replace('/tickets', '/conversations')) as Path;
