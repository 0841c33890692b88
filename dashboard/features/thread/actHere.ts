import { currentPage, perform } from '../../actions/perform.ts';

/**
 * Does an act of the table with the open thread. While rows of the list are chosen the table's acts are about those, so
 * the thread's own button does it alone.
 */
export function actHere(id: string, alone: () => void): void {
  const page = currentPage();
  if (page === null || page.isChoosing) alone();
  else perform(id);
}

/** Does what makes the open thread leave the list, and goes on to the next one. */
export function leaveWith(act: () => void): void {
  const page = currentPage();
  if (page === null || page.isChoosing) act();
  else page.leave(act);
}
