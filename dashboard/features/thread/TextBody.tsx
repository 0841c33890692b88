import { memo, useState } from 'react';
import { piecesOf } from './links.ts';
import { partsOf } from '../../lib/quotes.ts';
import { QuoteToggle } from './QuoteToggle.tsx';

/** Plain text: links can be followed, quotes are folded, and nothing of it is HTML. */
export const TextBody = memo(function TextBody({ text }: { text: string }) {
  return (
    <div dir="auto" className="text-l wrap-anywhere whitespace-pre-wrap">
      {partsOf(text.trimEnd()).map((part, index) =>
        part.kind === 'own' ? (
          <Linked key={index} text={part.text} />
        ) : (
          <FoldedQuote key={index} text={part.text} />
        ),
      )}
    </div>
  );
});

function FoldedQuote({ text }: { text: string }) {
  const [isShown, setShown] = useState(false);
  return (
    <>
      <QuoteToggle isShown={isShown} onToggle={() => setShown(!isShown)} />
      {isShown && (
        <div className="border-s-2 border-line ps-3 text-fg-2">
          <Linked text={text} />
        </div>
      )}
    </>
  );
}

export function Linked({ text }: { text: string }) {
  return piecesOf(text).map(({ text: words, href }, index) =>
    href === null ? (
      words
    ) : (
      <a
        key={index}
        href={href}
        target="_blank"
        rel="noopener noreferrer"
        className="text-accent underline-offset-2 hover:underline"
      >
        {words}
      </a>
    ),
  );
}
