import { useLayoutEffect, useRef, useState } from 'react';
import { base } from '../../lib/base.ts';
import type { Message, ThreadRef } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';

/** Heights of frames that were shown before, by their URL: opened again, nothing jumps. */
const heights = new Map<string, number>();
const LINE_PX = 24;
const CHARS_PER_LINE = 85;
/** Smaller changes are rounding: following them would never end. */
const SLACK_PX = 2;

interface Props {
  workspace: string;
  thread: ThreadRef;
  message: Message;
  images: boolean;
  quotes: boolean;
}

/**
 * The HTML of a mail, apart from the page: a document of ours with a policy of its own, in a frame that runs no script.
 * Nothing listens inside the frame (WebKit would not run it): every control stands outside.
 */
export function MailFrame({ workspace, thread, message, images, quotes }: Props) {
  const frame = useRef<HTMLIFrameElement>(null);
  const src = `${base}/api/v1/workspaces/${workspace}/${thread.kind}s/${thread.id}/messages/${message.id}/view?images=${images ? 1 : 0}&quote=${quotes ? 1 : 0}`;
  const [height, setHeight] = useState(() => heights.get(src) ?? guessed(message.text));
  useLayoutEffect(() => {
    const element = frame.current!;
    let observer: ResizeObserver | null = null;
    const measure = () => {
      const root = element.contentDocument?.documentElement;
      if (!root) return;
      observer?.disconnect();
      observer = new ResizeObserver(() => {
        const now = root.scrollHeight;
        heights.set(src, now);
        setHeight((before) => (Math.abs(before - now) > SLACK_PX ? now : before));
      });
      observer.observe(root);
    };
    element.addEventListener('load', measure);
    return () => {
      element.removeEventListener('load', measure);
      observer?.disconnect();
    };
  }, [src]);
  return (
    <iframe
      ref={frame}
      src={src}
      title={words.thread.mailOf(message.sender?.name || message.sender?.email || '')}
      sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
      referrerPolicy="no-referrer"
      loading="lazy"
      style={{ height }}
      className="block w-full border-0"
    />
  );
}

const guessed = (text: string): number =>
  Math.min(600, LINE_PX * (2 + Math.ceil(text.length / CHARS_PER_LINE) + (text.match(/\n/g)?.length ?? 0)));
