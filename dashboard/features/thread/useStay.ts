import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import type { Message } from '../../lib/rows.ts';

const NEAR_PX = 80;
const ABOVE_PX = 16;

/**
 * Where the thread is scrolled to. It begins at `target`, and stays there while frames get their heights, until the agent
 * scrolls. What comes later is scrolled to only if the agent is at the end.
 * @returns how many messages came below what is seen, and how to show them
 */
export function useStay(
  scroller: RefObject<HTMLDivElement | null>,
  messages: readonly Message[],
  target: string | null,
) {
  const isFree = useRef(false);
  const isAtEnd = useRef(true);
  const seen = useRef<string | null>(null);
  const [count, setCount] = useState(0);
  const newest = messages.at(-1);
  const start = target ?? newest?.id ?? null;
  /** What is held in sight until the agent scrolls. */
  const aim = useRef<string | null>(null);

  const goTo = (id: string | null) => {
    const box = scroller.current;
    const article = id === null ? null : document.getElementById(`message-${id}`);
    if (!box || !article) return;
    const top = article.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
    box.scrollTop = top - ABOVE_PX;
  };

  const show = () => {
    aim.current = newest?.id ?? null;
    isFree.current = false;
    goTo(aim.current);
  };

  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return undefined;
    const free = () => {
      isFree.current = true;
    };
    const scrolled = () => {
      isAtEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
      if (isAtEnd.current) setCount(0);
    };
    const stay = new ResizeObserver(() => {
      if (!isFree.current) goTo(aim.current);
    });
    stay.observe(box);
    if (box.firstElementChild) stay.observe(box.firstElementChild);
    for (const type of ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const)
      box.addEventListener(type, free, { passive: true });
    box.addEventListener('scroll', scrolled, { passive: true });
    if (!isFree.current && aim.current === null) aim.current = start;
    if (!isFree.current) goTo(aim.current);
    return () => {
      stay.disconnect();
      for (const type of ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const)
        box.removeEventListener(type, free);
      box.removeEventListener('scroll', scrolled);
    };
    // Only when there is something to show at last, or to aim at.
  }, [start === null]);

  useEffect(() => {
    const before = seen.current;
    seen.current = newest?.id ?? null;
    if (before === null || newest === undefined || before === newest.id) return;
    const added = messages.length - 1 - messages.findIndex(({ id }) => id === before);
    if (isAtEnd.current || newest.direction !== 'inbound') show();
    else setCount((n) => n + added);
  }, [newest?.id]);

  return { count, show };
}
