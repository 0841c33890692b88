import { getRouteApi } from '@tanstack/react-router';
import { Composer } from '../features/composer/Composer.tsx';
import { ContactPanel } from '../features/contacts/ContactPanel.tsx';
import { ThreadPane } from '../features/thread/ThreadPane.tsx';
import type { Kind } from '../lib/rows.ts';
import { words } from '../words/index.ts';

const route = getRouteApi('/w/$workspace/$view/$kind/$id');

/** The open thread with its composer, and the panel beside it. */
export function ThreadScreen() {
  const { workspace, kind: named, id } = route.useParams();
  const kind: Kind = named === 'conversation' ? 'conversation' : 'ticket';
  const props = { workspace, kind, id };
  return (
    <>
      <main aria-label={words.thread.region} className="flex min-w-0 flex-1 flex-col">
        <ThreadPane key={id} {...props} />
        <Composer key={`${id}-composer`} {...props} />
      </main>
      <aside className="w-[264px] overflow-auto border-l border-line">
        <ContactPanel key={id} {...props} />
      </aside>
    </>
  );
}
