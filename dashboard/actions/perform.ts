import { useEffect } from 'react';
import { habits } from '../lib/me.ts';
import { bindings, isPossible, type Action } from './action.ts';
import { match, SEQUENCE_MS, strokeOf, typesText } from './keys.ts';
import type { Page } from './page.ts';
import { ACTIONS } from './table.ts';

/** The page as it is now; the list's screen hands it in with every change. */
let current: Page | null = null;

export function usePage(page: Page): void {
  useEffect(() => {
    current = page;
  });
  useEffect(() => () => void (current = null), []);
}
export const currentPage = (): Page | null => current;

/** Does what a button, a menu entry or a command stands for, if it can be done now. */
export function perform(action: Action | string): void {
  const wanted = typeof action === 'string' ? ACTIONS.find(({ id }) => id === action) : action;
  if (current && wanted && isPossible(wanted, current)) wanted.perform(current);
}

/** Listens for keys, as long as the page is shown. */
export function useKeys(): void {
  useEffect(() => {
    let begun = '';
    let timer = 0;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || !current || inOverlay(event.target)) return;
      const typing = typesText(event.target);
      const stroke = strokeOf(event);
      if (!habits().keysOn && !stroke.startsWith('Mod+') && stroke !== 'Escape') return;
      // What is focused to be scrolled keeps the arrows.
      if (stroke.startsWith('Arrow') && isScrolled(event.target)) return;
      // A focused button or link keeps its own keys.
      if ((stroke === 'Enter' || stroke === 'Space') && isControl(event.target)) return;
      const found = match(begun, stroke, bindings(ACTIONS, current, typing));
      clearTimeout(timer);
      begun = '';
      if (found === null) return;
      event.preventDefault();
      if ('act' in found) {
        // A button that was pressed before would take the next Enter.
        if (found.act.group === 'list' && isControl(document.activeElement))
          (document.activeElement as HTMLElement).blur();
        return void found.act.perform(current);
      }
      begun = found.begun;
      timer = window.setTimeout(() => (begun = ''), SEQUENCE_MS);
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);
}

/** Dialogs and menus have keys of their own. */
const inOverlay = (target: EventTarget | null): boolean =>
  target instanceof Element &&
  target.closest('[aria-modal="true"],[role="menu"],[data-radix-popper-content-wrapper]') !== null;

const isScrolled = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('[data-scrolls]') !== null;

const isControl = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('button,a,summary,[role="button"],input,select') !== null;
