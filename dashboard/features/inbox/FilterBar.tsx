import { useQuery } from '@tanstack/react-query';
import { ArrowDownWideNarrow, Bookmark, ChevronDown, ListFilter, X } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import { classes } from '../../components/classes.ts';
import { Menu, MenuItem } from '../../components/Menu.tsx';
import { Pick, type Option } from '../../components/Pick.tsx';
import { emailsQuery } from '../../lib/emails.ts';
import { useIntent } from '../../lib/intents.ts';
import { usePeople } from '../../lib/people.ts';
import { tagsQuery } from '../../lib/threadQueries.ts';
import type { ThreadFilter } from '../../lib/views.ts';
import { words } from '../../words/index.ts';
import { SORTS, type NARROWING, type Narrowing } from './filters.ts';

type Field = (typeof NARROWING)[number];
interface Props {
  workspace: string;
  /** What the view itself asks for: there is nothing to choose. */
  base: ThreadFilter;
  search: Narrowing;
  sort: string;
  onSearch: (search: Narrowing) => void;
  /** Saves the list as it is now. */
  onSave: () => void;
}
const { filter: names } = words.list;
const { fields, status, priority } = words.thread;

/** Narrows and orders a list. What is chosen stands in the URL. */
export function FilterBar({ workspace, base, search, sort, onSearch, onSave }: Props) {
  const options = useOptions(workspace);
  const [isOrdering, setOrdering] = useState(false);
  useIntent('order', () => setOrdering(true));
  const set = (field: Field, value: string | undefined) => {
    const next = { ...search };
    if (value === undefined) Reflect.deleteProperty(next, field);
    else next[field] = value;
    onSearch(next);
  };
  const active = FIELDS.filter((field) => search[field] !== undefined);
  const free = FIELDS.filter(
    (field) => search[field] === undefined && (field === 'status' || base[field] === undefined),
  );
  return (
    <div className="flex min-h-9 shrink-0 flex-wrap items-center gap-1 border-b border-line py-1 pr-2 pl-1">
      <Toggle
        isOn={search.unread === 'true'}
        onClick={() => set('unread', search.unread ? undefined : 'true')}
      >
        {words.list.unread}
      </Toggle>
      {active.map((field) => (
        <Narrowed
          key={field}
          field={field}
          value={search[field]!}
          options={options[field]}
          onValue={(value) => set(field, value)}
        />
      ))}
      <AddFilter fields={free} options={options} onPick={set} />
      {(active.length > 0 || search.unread !== undefined) && (
        <button
          type="button"
          title={words.views.save}
          aria-label={words.views.save}
          onClick={onSave}
          className={classes(QUIET, 'text-fg-3')}
        >
          <Bookmark size={14} aria-hidden />
          {words.views.saveShort}
        </button>
      )}
      <span className="flex-1" />
      <Menu
        align="end"
        open={isOrdering}
        onOpen={setOrdering}
        trigger={
          <button
            type="button"
            className={classes(QUIET, 'text-fg-3')}
            aria-label={names.order(nameOfSort(sort))}
          >
            <ArrowDownWideNarrow size={14} aria-hidden />
            {nameOfSort(sort)}
            <ChevronDown size={12} aria-hidden />
          </button>
        }
      >
        {SORTS.map((each) => (
          <MenuItem key={each} chosen={each === sort} onSelect={() => onSearch({ ...search, sort: each })}>
            {nameOfSort(each)}
          </MenuItem>
        ))}
      </Menu>
    </div>
  );
}

const FIELDS = ['status', 'agent_id', 'priority', 'tag', 'workspace_email_id'] as const;
type Chosen = (typeof FIELDS)[number];
const QUIET =
  'inline-flex h-[26px] items-center gap-1.5 rounded px-2 text-s font-medium hover:bg-bg-2 pointer-coarse:h-9';
const nameOfSort = (sort: string): string => new Map(Object.entries(words.list.sort)).get(sort) ?? sort;

function useOptions(workspace: string): Record<Chosen, Option[]> {
  const { me, members } = usePeople(workspace);
  const { data: emails = [] } = useQuery(emailsQuery(workspace));
  const { data: tags = [] } = useQuery({ ...tagsQuery(workspace), retry: false });
  return {
    status: (['open', 'pending', 'closed'] as const).map((id) => ({ id, label: status[id] })),
    priority: (['urgent', 'high', 'normal', 'low'] as const).map((id) => ({ id, label: priority[id] })),
    agent_id: [
      { id: 'none', label: fields.nobody },
      ...members.map(({ id, name, email }) => ({ id, label: id === me ? fields.me : name || email || '' })),
    ],
    workspace_email_id: emails.map(({ id, address }) => ({ id, label: address })),
    tag: tags.map((tag) => ({ id: tag, label: tag })),
  };
}

/** One field: what it is set to, another choice, and away with it. */
function Narrowed(props: {
  field: Chosen;
  value: string;
  options: Option[];
  onValue: (value?: string) => void;
}) {
  const { field, value, options, onValue } = props;
  const [open, setOpen] = useState(false);
  const ids = value.split(',');
  const label = ids.map((id) => options.find((option) => option.id === id)?.label ?? id).join(', ');
  const toggle = (id: string) => {
    const next = ids.includes(id) ? ids.filter((each) => each !== id) : [...ids, id];
    onValue(next.length === 0 ? undefined : next.join(','));
  };
  return (
    <span className="inline-flex h-[26px] max-w-56 items-center rounded bg-bg-2 text-s font-medium pointer-coarse:h-9">
      <Pick
        several
        name={names[field]}
        empty={words.list.empty.title}
        options={options}
        chosen={new Set(ids)}
        open={open}
        onOpen={setOpen}
        onPick={toggle}
        trigger={
          <button
            type="button"
            className="min-w-0 truncate pl-2"
            aria-label={fields.change(names[field], label)}
          >
            {label}
          </button>
        }
      />
      <button
        type="button"
        aria-label={names.remove(names[field])}
        onClick={() => onValue(undefined)}
        className="grid size-[26px] place-items-center text-fg-3 hover:text-fg pointer-coarse:size-9"
      >
        <X size={12} aria-hidden />
      </button>
    </span>
  );
}

function AddFilter(props: {
  fields: readonly Chosen[];
  options: Record<Chosen, Option[]>;
  onPick: (field: Chosen, value: string) => void;
}) {
  const { fields: free, options, onPick } = props;
  const [open, setOpen] = useState(false);
  useIntent('filter', () => setOpen(true));
  const all = free.flatMap((field) =>
    options[field].map(({ id, label }) => ({
      id: `${field} ${id}`,
      label,
      also: names[field],
      mark: <Of field={field} />,
    })),
  );
  return (
    <Pick
      name={names.add}
      empty={words.list.empty.title}
      options={all}
      chosen={new Set()}
      open={open}
      onOpen={setOpen}
      onPick={(picked) => {
        const [field = '', ...id] = picked.split(' ');
        onPick(field as Chosen, id.join(' '));
      }}
      trigger={
        <button type="button" title={names.add} className={classes(QUIET, 'text-fg-3')}>
          <ListFilter size={14} aria-hidden />
          {names.short}
        </button>
      }
    />
  );
}

const Of = ({ field }: { field: Chosen }) => (
  <span className="w-16 shrink-0 text-s text-fg-3">{names[field]}</span>
);

function Toggle({ isOn, onClick, children }: { isOn: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <button
      type="button"
      aria-pressed={isOn}
      onClick={onClick}
      className={classes(QUIET, isOn ? 'bg-accent-bg text-accent' : 'text-fg-3')}
    >
      {children}
    </button>
  );
}
