import { getRouteApi } from '@tanstack/react-router';
import { X } from 'lucide-react';
import { classes } from '../components/classes.ts';
import { IconButton } from '../components/IconButton.tsx';
import { Splitter } from '../components/Splitter.tsx';
import { Composer } from '../features/composer/Composer.tsx';
import { ContactPanel } from '../features/contacts/ContactPanel.tsx';
import { ThreadPane } from '../features/thread/ThreadPane.tsx';
import type { Kind } from '../lib/rows.ts';
import { useWidth } from '../lib/useWidth.ts';
import { words } from '../words/index.ts';
import { useShell } from './shellState.ts';

const route = getRouteApi('/w/$workspace/$view/$kind/$id');

/** The open thread with its composer, and the contact beside it, or over it where there is no room. */
export function ThreadScreen() {
  const { workspace, kind: named, id } = route.useParams();
  const kind: Kind = named === 'conversation' ? 'conversation' : 'ticket';
  const props = { workspace, kind, id };
  const { panel, panelWidth, setPanelWidth } = useShell();
  const width = useWidth();
  const isBeside = width === 'wide';
  // Where it would cover the thread it is hidden until it is asked for: the same key, the other way round.
  const isShown = panel === isBeside;
  return (
    <>
      <main data-thread aria-label={words.thread.region} className="relative flex min-w-0 flex-1 flex-col">
        <ThreadPane key={id} {...props} />
        <Composer key={`${id}-composer`} {...props} />
      </main>
      {isShown && (
        <aside
          aria-label={words.shell.contact}
          style={{ width: panelWidth }}
          className={classes(
            'flex shrink-0 flex-col border-l border-line bg-bg',
            isBeside ? 'relative' : 'fixed inset-y-0 right-0 z-20 max-w-[85vw] shadow-float',
          )}
        >
          {isBeside ? (
            <Splitter
              name={words.shell.contactWidth}
              width={panelWidth}
              min={220}
              max={420}
              direction={-1}
              onWidth={setPanelWidth}
            />
          ) : (
            <HidePanel />
          )}
          <div className="min-h-0 flex-1 overflow-auto">
            <ContactPanel key={id} {...props} />
          </div>
        </aside>
      )}
    </>
  );
}

function HidePanel() {
  const { panel, setPanel } = useShell();
  return (
    <header className="flex h-(--bar) shrink-0 items-center justify-between border-b border-line pr-2 pl-4">
      <h2 className="text-l font-semibold">{words.shell.contact}</h2>
      <IconButton name={words.acts.panel} icon={X} onClick={() => setPanel(!panel)} />
    </header>
  );
}
