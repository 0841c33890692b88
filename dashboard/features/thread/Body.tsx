import { useState } from 'react';
import { FileWarning, Image, Scissors } from 'lucide-react';
import type { Message, ThreadRef } from '../../lib/rows.ts';
import { bytes } from '../../lib/size.ts';
import { words } from '../../words/index.ts';
import { LargeMailFrame, MailFrame } from './MailFrame.tsx';
import { QuoteToggle } from './QuoteToggle.tsx';
import { Strip, StripAct } from './Strip.tsx';
import { TextBody } from './TextBody.tsx';
import { useImages } from './useImages.ts';

/** A mail larger than this is laid out only when it is asked for: the frame shares the page's thread. */
const LARGE_CHARS = 200_000;

interface Props {
  workspace: string;
  thread: ThreadRef;
  message: Message;
}

/** What was written: text in the page, HTML in its frame. */
export function Body({ workspace, thread, message }: Props) {
  const { html, text, cut } = message;
  const isLarge = Math.max(html?.length ?? 0, text.length) > LARGE_CHARS;
  const [isAsked, setAsked] = useState(!isLarge);
  return (
    <>
      {cut.length > 0 && <Strip icon={Scissors}>{words.thread.cut}</Strip>}
      {!isAsked ? (
        <Strip
          icon={FileWarning}
          acts={<StripAct onClick={() => setAsked(true)}>{words.thread.showLarge}</StripAct>}
        >
          {words.thread.large(bytes(Math.max(html?.length ?? 0, text.length)))}
        </Strip>
      ) : html === null ? (
        <TextBody text={text} />
      ) : (
        <Html workspace={workspace} thread={thread} message={message} isLarge={isLarge} />
      )}
    </>
  );
}

function Html({ workspace, thread, message, isLarge }: Props & { isLarge: boolean }) {
  const images = useImages(workspace, message);
  const [quotes, setQuotes] = useState(false);
  const [onPaper, setOnPaper] = useState(message.own_colours);
  const person = message.sender ?? message.from;
  const Frame = isLarge ? LargeMailFrame : MailFrame;
  return (
    <>
      {images.blocked > 0 && (
        <Strip
          icon={Image}
          acts={
            <>
              <StripAct onClick={images.load}>{words.thread.images.load}</StripAct>
              {person && message.direction === 'inbound' && (
                <StripAct onClick={() => void images.always(person.email)}>
                  {words.thread.images.always(person.name || person.email)}
                </StripAct>
              )}
            </>
          }
        >
          {words.thread.images.blocked(images.blocked)}
        </Strip>
      )}
      <Frame
        workspace={workspace}
        thread={thread}
        message={message}
        images={images.shown}
        quotes={quotes}
        onPaper={onPaper}
      />
      <div className="flex items-center gap-3">
        {message.has_quote && <QuoteToggle isShown={quotes} onToggle={() => setQuotes(!quotes)} />}
        {message.own_colours && (
          <button
            type="button"
            onClick={() => setOnPaper(!onPaper)}
            className="mt-1 hidden text-s text-fg-3 underline-offset-2 hover:underline [[data-theme=dark]_&]:inline"
          >
            {onPaper ? words.thread.colours.page : words.thread.colours.light}
          </button>
        )}
      </div>
    </>
  );
}
