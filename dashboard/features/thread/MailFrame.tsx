import { useLayoutEffect, useRef, useState } from 'react';
import { classes } from '../../components/classes.ts';
import { base } from '../../lib/base.ts';
import type { Message, ThreadRef } from '../../lib/rows.ts';
import { ownText } from '../../lib/quotes.ts';
import { words } from '../../words/index.ts';
import { Linked } from './TextBody.tsx';
import { guessedHeight, MOST_PX, rememberedHeights } from './heights.ts';
import { dress } from './dress.ts';

/** Smaller changes are rounding: following them would never end. */
const SLACK_PX = 2;
/** Of a text that stands in for its mail: about what is seen of it. */
const MEANWHILE_CHARS = 4_000;

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
    <div className={classes('relative', onPaper && 'rounded bg-paper p-3 [color-scheme:light]')}>
      {!isReady && <Meanwhile text={message.text} onPaper={onPaper} height={rememberedHeights.get(src)} />}
      <iframe
        ref={frame}
        src={src}
        title={titleOf(message)}
        sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
        referrerPolicy="no-referrer"
        loading="lazy"
        style={{ height, opacity: isReady ? 1 : 0 }}
        className={classes(
          'block w-full border-0 bg-transparent',
          !isReady && 'pointer-events-none absolute inset-x-0 top-0',
        )}
      />
    </div>
  );
}

/**
 * A mail that would keep the page from answering while it is laid out. As a document of no origin it has a process of its own
 * where the browser gives it one. So nobody out here can measure it: it scrolls by itself.
 */
export function LargeMailFrame({ workspace, thread, message, images, quotes, onPaper }: Props) {
  const theme = onPaper ? 'light' : document.documentElement.dataset.theme;
  return (
    <iframe
      src={`${viewUrl(workspace, thread, message.id, { images, quotes })}&theme=${theme}`}
      title={titleOf(message)}
      sandbox="allow-popups allow-popups-to-escape-sandbox"
      referrerPolicy="no-referrer"
      className={classes('block h-[70vh] w-full resize-y rounded border border-line', onPaper && 'bg-paper')}
    />
  );
}

const titleOf = ({ sender }: Message) => words.thread.mailOf(sender?.name || sender?.email || '');

interface Text {
  text: string;
  onPaper: boolean;
  /** Of the frame, where it is known; what is below it then stays in its place. */
  height: number | undefined;
}

/** Its text, which came with the message: it can be read while the frame loads. */
function Meanwhile({ text, onPaper, height }: Text) {
  return (
    <div
      dir="auto"
      data-meanwhile
      style={{ height, maxHeight: MOST_PX }}
      className={classes(
        'overflow-hidden text-l wrap-anywhere whitespace-pre-wrap',
        onPaper && 'text-[#1c1b19]',
      )}
    >
      <Linked text={ownText(text).slice(0, MEANWHILE_CHARS)} />
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
