import type { ReactNode } from 'react';
import { GROUPS } from '../actions/action.ts';
import { ACTIONS } from '../actions/table.ts';
import { Dialog } from '../components/Dialog.tsx';
import { Kbd } from '../components/Kbd.tsx';
import { words } from '../words/index.ts';

/** Those of the composer are its own: they are no acts of the page. */
const WRITING: [keys: string, name: string][] = [
  ['Mod+Enter', words.composer.send],
  ['Mod+Shift+Enter', words.composer.sendClose],
  [';', words.composer.findSnippet],
  ['@', words.acts.mention],
  ['Escape', words.composer.close],
];

/** Every key there is. */
export default function KeysDialog({ onClose }: { onClose: () => void }) {
  const { acts } = words;
  return (
    <Dialog wide title={acts.keys} hint={acts.keysHint} onClose={onClose}>
      <div className="columns-2 gap-8 max-[720px]:columns-1">
        {GROUPS.map((group) => (
          <Group key={group} name={acts.groups[group]}>
            {ACTIONS.filter((action) => action.group === group && action.keys).map(
              ({ id, name, keys = [] }) => (
                <Line key={id} name={name} keys={keys} />
              ),
            )}
          </Group>
        ))}
        <Group name={acts.inComposer}>
          {WRITING.map(([keys, name]) => (
            <Line key={keys} name={name} keys={[keys]} />
          ))}
        </Group>
      </div>
    </Dialog>
  );
}

const Group = ({ name, children }: { name: string; children: ReactNode }) => (
  <section className="mb-4 break-inside-avoid">
    <h3 className="mb-1 text-s font-[550] text-fg-3">{name}</h3>
    <dl>{children}</dl>
  </section>
);

const Line = ({ name, keys }: { name: string; keys: readonly string[] }) => (
  <div className="flex min-h-7 items-center gap-3">
    <dt className="flex-1">{name}</dt>
    <dd className="flex gap-2">
      {keys.map((each) => (
        <Kbd key={each} keys={each} spoken />
      ))}
    </dd>
  </div>
);
