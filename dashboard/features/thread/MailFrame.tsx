import { useLayoutEffect, useRef, useState } from 'react';
import { base } from '../../lib/base.ts';
import type { Message, ThreadRef } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';
import { guessedHeight, rememberedHeights } from './heights.ts';
import { dress } from './dress.ts';

/** Smaller changes are rounding: following them would never end. */
const SLACK_PX = 2;

interface Props {
  workspace: string;
  thread: ThreadRef;
  message: Message;
  images: boolean;
  quotes: boolean;
  /** Keeps its own colours, on light paper. */
  onPaper: boolean;
}

/**
 * The HTML of a mail, apart from the page: a document of ours with a policy of its own, in a frame that runs no script.
 * Nothing listens inside the frame (WebKit would not run it): every control stands outside.
 */
export function MailFrame({ workspace, thread, message, images, quotes, onPaper }: Props) {
  const frame = useRef<HTMLIFrameElement>(null);
  const src = viewUrl(workspace, thread, message.id, { images, quotes });
  const [height, setHeight] = useState(
    () => rememberedHeights.get(src) ?? guessedHeight(message.text, quotes),
  );
  const [isReady, setReady] = useState(false);
  useLayoutEffect(() => {
    const element = frame.current!;
    const observer = new ResizeObserver(() => {
      const root = element.contentDocument?.documentElement;
      if (!root) return;
      // The root is as high as the frame at least, so the body says how much there is.
      const now = Math.ceil(root.ownerDocument.body.getBoundingClientRect().bottom);
      const high = Math.max(now, 20);
      rememberedHeights.set(src, high);
      setHeight((before) => (Math.abs(before - high) > SLACK_PX ? high : before));
    });
    const loaded = () => {
      const body = element.contentDocument?.body;
      if (!body) return;
      dress(element.contentDocument, onPaper);
      observer.disconnect();
      observer.observe(body);
      setReady(true);
    };
    element.addEventListener('load', loaded);
    if (element.contentDocument?.readyState === 'complete' && element.contentDocument.URL !== 'about:blank')
      loaded();
    const themes = new MutationObserver(() => {
      if (element.contentDocument) dress(element.contentDocument, onPaper);
    });
    themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      element.removeEventListener('load', loaded);
      observer.disconnect();
      themes.disconnect();
    };
  }, [src, onPaper]);
  return (
    <div className={onPaper ? 'rounded bg-paper p-3 [color-scheme:light]' : undefined}>
      <iframe
        ref={frame}
        src={src}
        title={words.thread.mailOf(message.sender?.name || message.sender?.email || '')}
        sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
        referrerPolicy="no-referrer"
        loading="lazy"
        style={{ height, opacity: isReady ? 1 : 0 }}
        className="block w-full border-0 bg-transparent"
      />
    </div>
  );
}

/** The document of one message; also for a tab of its own, and for print. */
export const viewUrl = (
  workspace: string,
  { kind, id }: ThreadRef,
  message: string,
  { images, quotes }: { images: boolean; quotes: boolean },
): string =>
  `${base}/api/v1/workspaces/${workspace}/${kind}s/${id}/messages/${message}/view` +
  `?images=${images ? 1 : 0}&quote=${quotes ? 1 : 0}`;
