import type { ThreadFilter } from '../../lib/views.ts';
import { combined, NARROWING, type Narrowing } from './filters.ts';

/** The queries of saved views. Pure. */
type Query = Record<string, string>;

/** A list of the sidebar with what narrows it, as a view has it. */
export const wholeQuery = (filter: ThreadFilter, narrowing: Narrowing): Query[] => [
  definedIn(combined(filter, narrowing)),
];

/** Every alternative of a view, narrowed. */
export const withNarrowing = (any: readonly object[], narrowing: Narrowing): Query[] =>
  any.map((each) => definedIn(combined(each as ThreadFilter, narrowing)));

/** What narrows a list, without its order. */
export const narrowingIn = (search: Narrowing): Narrowing =>
  Object.fromEntries(NARROWING.filter((field) => search[field]).map((field) => [field, search[field]]));

const definedIn = (filter: ThreadFilter): Query =>
  Object.fromEntries(
    Object.entries(filter).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
