import { useQuery } from '@tanstack/react-query';
import { ChevronDown, Flag, Plus, UserRound, X } from 'lucide-react';
import { useState, type ComponentPropsWithRef } from 'react';
import { Avatar } from '../../components/Avatar.tsx';
import { classes } from '../../components/classes.ts';
import { Pick } from '../../components/Pick.tsx';
import { useIntent } from '../../lib/intents.ts';
import { usePeople } from '../../lib/people.ts';
import type { Thread } from '../../lib/rows.ts';
import { words } from '../../words/index.ts';
import { change } from './changeText.ts';
import { tagsQuery } from '../../lib/threadQueries.ts';

const STATUSES = ['open', 'pending', 'closed'] as const;
const PRIORITIES = ['urgent', 'high', 'normal', 'low'] as const;
const NOBODY = { id: 'none', label: words.thread.fields.nobody };
const { fields, status: statuses, priority: priorities } = words.thread;

interface Props {
  workspace: string;
  thread: Thread;
}

/** Status, agent, priority and tags, each set with one click or key. */
export function Fields({ workspace, thread }: Props) {
  return (
    <div
      data-pane="fields"
      className="flex flex-wrap items-center gap-x-1 gap-y-0.5 border-b border-line px-3 py-1"
    >
      <Status workspace={workspace} thread={thread} />
      <Agent workspace={workspace} thread={thread} />
      <Priority workspace={workspace} thread={thread} />
      <Tags workspace={workspace} thread={thread} />
    </div>
  );
}

function Status({ workspace, thread }: Props) {
  const [open, setOpen] = useState(false);
  const tone = { open: 'bg-ok', pending: 'bg-warn', closed: 'bg-fg-3' }[thread.status];
  return (
    <Pick
      name={fields.status}
      options={STATUSES.map((id) => ({ id, label: statuses[id] }))}
      chosen={new Set([thread.status])}
      open={open}
      onOpen={setOpen}
      onPick={(id) => change(workspace, thread, { status: id as Thread['status'] })}
      trigger={
        <Value field={fields.status} value={statuses[thread.status]}>
          <span aria-hidden className={classes('size-2 rounded-full', tone)} />
        </Value>
      }
    />
  );
}

function Agent({ workspace, thread }: Props) {
  const [open, setOpen] = useState(false);
  const people = usePeople(workspace);
  useIntent('assign', () => setOpen(true));
  // A personal conversation is its owner's.
  const able = thread.owner_id ? people.members.filter(({ id }) => id === thread.owner_id) : people.members;
  const named = (id: string) => (id === people.me ? fields.me : (people.nameOf(id) ?? words.thread.someone));
  const options = able
    .map(({ id, name, email }) => ({
      id,
      label: id === people.me ? fields.me : name || email || '',
      also: `${name} ${email ?? ''}`,
      mark: <Avatar name={name || email || ''} me={id === people.me} size={18} />,
    }))
    .sort((a, b) => Number(b.id === people.me) - Number(a.id === people.me));
  const { agent_id } = thread;
  return (
    <Pick
      name={fields.findAgent}
      empty={fields.noAgents}
      options={[...options, ...(thread.owner_id ? [] : [NOBODY])]}
      chosen={new Set([agent_id ?? NOBODY.id])}
      open={open}
      onOpen={setOpen}
      onPick={(id) => change(workspace, thread, { agent_id: id === NOBODY.id ? null : id }, people.nameOf)}
      trigger={
        <Value field={fields.agent} value={agent_id === null ? fields.nobody : named(agent_id)}>
          {agent_id === null ? (
            <UserRound size={13} aria-hidden className="text-fg-3" />
          ) : (
            <Avatar name={people.nameOf(agent_id) ?? ''} me={agent_id === people.me} size={18} />
          )}
        </Value>
      }
    />
  );
}

function Priority({ workspace, thread }: Props) {
  const [open, setOpen] = useState(false);
  useIntent('prioritise', () => setOpen(true));
  const tone = { urgent: 'text-bad', high: 'text-warn', normal: 'text-fg-3', low: 'text-fg-3' }[
    thread.priority
  ];
  return (
    <Pick
      name={fields.priority}
      options={PRIORITIES.map((id) => ({ id, label: priorities[id] }))}
      chosen={new Set([thread.priority])}
      open={open}
      onOpen={setOpen}
      onPick={(id) => change(workspace, thread, { priority: id as Thread['priority'] })}
      trigger={
        <Value field={fields.priority} value={priorities[thread.priority]}>
          <Flag size={13} aria-hidden className={tone} />
        </Value>
      }
    />
  );
}

function Tags({ workspace, thread }: Props) {
  const [open, setOpen] = useState(false);
  useIntent('tag', () => setOpen(true));
  const { data: all = [] } = useQuery({ ...tagsQuery(workspace), enabled: open });
  const { tags } = thread;
  const set = (next: string[]) => change(workspace, thread, { tags: next });
  const options = [...new Set([...tags, ...all])].map((tag) => ({ id: tag, label: tag }));
  return (
    <span className="flex flex-wrap items-center gap-1 pl-1">
      {tags.map((tag) => (
        <span
          key={tag}
          className="inline-flex items-center rounded-full bg-bg-2 pl-2 text-xs/[24px] font-[550] text-fg-2"
        >
          <span dir="auto">{tag}</span>
          <button
            type="button"
            aria-label={fields.removeTag(tag)}
            onClick={() => set(tags.filter((each) => each !== tag))}
            className="grid size-6 place-items-center rounded-full text-fg-3 hover:text-fg pointer-coarse:size-8"
          >
            <X size={11} aria-hidden />
          </button>
        </span>
      ))}
      <Pick
        several
        name={fields.findTag}
        empty={fields.noTags}
        options={options}
        chosen={new Set(tags)}
        open={open}
        onOpen={setOpen}
        onPick={(tag) => set(tags.includes(tag) ? tags.filter((each) => each !== tag) : [...tags, tag])}
        create={{ label: fields.newTag, onCreate: (tag) => set([...tags, tag.toLowerCase()]) }}
        trigger={
          <button
            type="button"
            aria-label={fields.addTag}
            title={fields.addTag}
            className="inline-flex h-6 min-w-6 items-center justify-center gap-1 rounded-full bg-bg-2 px-1.5 text-xs font-[550] text-fg-2 hover:bg-bg-3 pointer-coarse:h-8 pointer-coarse:px-3"
          >
            <Plus size={11} strokeWidth={2.2} aria-hidden />
            {tags.length === 0 && fields.tags}
          </button>
        }
      />
    </span>
  );
}

interface ValueProps extends ComponentPropsWithRef<'button'> {
  field: string;
  value: string;
}

/** A field's value as a button that changes it. */
function Value({ field, value, children, ...rest }: ValueProps) {
  return (
    <button
      type="button"
      aria-label={fields.change(field, value)}
      title={field}
      {...rest}
      className="inline-flex h-[26px] max-w-48 items-center gap-1.5 rounded px-2 text-s font-medium text-fg-2 hover:bg-bg-2 pointer-coarse:h-9"
    >
      {children}
      <span className="truncate">{value}</span>
      <ChevronDown size={12} aria-hidden className="text-fg-3" />
    </button>
  );
}
