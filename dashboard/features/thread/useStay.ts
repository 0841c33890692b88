import { useLayoutEffect, useState, useSyncExternalStore } from 'react';
import type { Message } from '../../lib/rows.ts';

const NEAR_PX = 80;
const ABOVE_PX = 16;
/** What says that the agent goes where they want. */
const BY_HAND = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const;

/**
 * Where a thread is scrolled to. It begins at one message, and stays there while frames get their heights, until the agent
 * scrolls. What comes later is scrolled to only if the agent is at the end, or wrote it.
 */
class Stay {
  /** How many messages came below what is seen. */
  count = 0;
  private box: HTMLElement | null = null;
  /** The message that is held in sight; null: the agent goes where they want. */
  private aim: string | null = null;
  private newest: string | null = null;
  private isAtEnd = true;
  private readonly listeners = new Set<() => void>();

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** For the `ref` of what scrolls. */
  attach = (box: HTMLElement | null): (() => void) | undefined => {
    if (box === null) return undefined;
    this.box = box;
    const free = () => (this.aim = null);
    const scrolled = () => {
      this.isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
      if (this.isAtEnd) this.setCount(0);
    };
    const sizes = new ResizeObserver(() => this.hold());
    sizes.observe(box);
    if (box.firstElementChild) sizes.observe(box.firstElementChild);
    for (const type of BY_HAND) box.addEventListener(type, free, { passive: true });
    box.addEventListener('scroll', scrolled, { passive: true });
    return () => {
      this.box = null;
      sizes.disconnect();
      for (const type of BY_HAND) box.removeEventListener(type, free);
      box.removeEventListener('scroll', scrolled);
    };
  };

  /** The messages are shown. @param start where the thread begins */
  update(messages: readonly Message[], start: string | null): void {
    const last = messages.at(-1);
    if (last === undefined || last.id === this.newest) return;
    const before = this.newest;
    this.newest = last.id;
    if (before === null) this.aim = start ?? last.id;
    else if (this.isAtEnd || last.direction !== 'inbound') this.aim = last.id;
    else this.setCount(this.count + messages.length - 1 - messages.findIndex(({ id }) => id === before));
    this.hold();
  }

  /** Goes to the newest message. */
  show = (): void => {
    this.aim = this.newest;
    this.hold();
  };

  private hold(): void {
    const article = this.aim === null ? null : document.getElementById(`message-${this.aim}`);
    if (!this.box || !article) return;
    const above = article.getBoundingClientRect().top - this.box.getBoundingClientRect().top;
    this.box.scrollTop += above - ABOVE_PX;
  }

  private setCount(count: number): void {
    if (count === this.count) return;
    this.count = count;
    for (const listener of this.listeners) listener();
  }
}

export function useStay(messages: readonly Message[], start: string | null) {
  const [stay] = useState(() => new Stay());
  const count = useSyncExternalStore(stay.subscribe, () => stay.count);
  useLayoutEffect(() => stay.update(messages, start), [stay, messages, start]);
  return { attach: stay.attach, show: stay.show, count };
}
