import { useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Check } from '../../components/Check.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Field } from '../../components/Field.tsx';
import { Notice } from '../../components/Notice.tsx';
import { sentence } from '../../lib/problem.ts';
import type { ThreadFilter } from '../../lib/views.ts';
import { words } from '../../words/index.ts';
import type { Narrowing } from './filters.ts';
import { withNarrowing, wholeQuery } from './viewQuery.ts';
import type { SavedView } from './savedViews.ts';
import { changeView, createView } from './viewActs.ts';

const MOST_NAME_CHARS = 100;

interface Props {
  workspace: string;
  /** The view that is edited; null: a new one. */
  view: SavedView | null;
  /** What the list is now. */
  filter: ThreadFilter;
  narrowing: Narrowing;
  sort: string;
  onClose: () => void;
  /** It is saved, with the filter of the moment in it or not. */
  onSaved: (id: string, hasFilter: boolean) => void;
}

/** Names a list, for its maker or for all. */
export function ViewDialog({ workspace, view, filter, narrowing, sort, onClose, onSaved }: Props) {
  const { views } = words;
  const [name, setName] = useState(view?.name ?? '');
  const [shared, setShared] = useState(view?.shared ?? false);
  const isNarrowed = Object.keys(narrowing).length > 0;
  const [hasFilter, setHasFilter] = useState(isNarrowed);
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const save = async () => {
    setBusy(true);
    const named = { name: name.trim(), shared };
    try {
      if (view === null) {
        const query = { any: wholeQuery(filter, narrowing) };
        onSaved((await createView(workspace, { ...named, query, sort })).id, true);
      } else {
        const query = { any: withNarrowing(view.query.any, narrowing) };
        await changeView(workspace, view.id, { ...named, ...(hasFilter && { query, sort }) });
        onSaved(view.id, hasFilter);
      }
    } catch (error) {
      setFault(sentence(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={view ? views.editTitle : views.title} hint={views.hint} onClose={onClose}>
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field
          autoFocus
          required
          dir="auto"
          maxLength={MOST_NAME_CHARS}
          label={views.name}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <Check label={views.shared} hint={views.sharedHint} value={shared} onValue={setShared} />
        {view !== null && isNarrowed && (
          <Check label={views.keepFilter} value={hasFilter} onValue={setHasFilter} />
        )}
        {fault !== null && <Notice tone="bad">{fault}</Notice>}
        <div className="flex justify-end gap-2 pt-1">
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button kind="main" type="submit" busy={isBusy} disabled={name.trim() === ''}>
            {views.set}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
