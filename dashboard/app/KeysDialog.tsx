import { GROUPS } from '../actions/action.ts';
import { ACTIONS } from '../actions/table.ts';
import { Dialog } from '../components/Dialog.tsx';
import { Kbd } from '../components/Kbd.tsx';
import { words } from '../words/index.ts';

/** Every key there is. */
export default function KeysDialog({ onClose }: { onClose: () => void }) {
  const { acts } = words;
  return (
    <Dialog wide title={acts.keys} hint={acts.keysHint} onClose={onClose}>
      <div className="columns-2 gap-8 max-[720px]:columns-1">
        {GROUPS.map((group) => (
          <section key={group} className="mb-4 break-inside-avoid">
            <h3 className="mb-1 text-s font-[550] text-fg-3">{acts.groups[group]}</h3>
            <dl>
              {ACTIONS.filter((action) => action.group === group && action.keys).map(
                ({ id, name, keys = [] }) => (
                  <div key={id} className="flex min-h-7 items-center gap-3">
                    <dt className="flex-1">{name}</dt>
                    <dd className="flex gap-2">
                      {keys.map((each) => (
                        <Kbd key={each} keys={each} spoken />
                      ))}
                    </dd>
                  </div>
                ),
              )}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
