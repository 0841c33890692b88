import { useQuery } from '@tanstack/react-query';
import { Check, CircleAlert, Flag, Moon, Tag, Trash2, User, X } from 'lucide-react';
import type { Picker } from '../../actions/page.ts';
import { perform } from '../../actions/perform.ts';
import { IconButton } from '../../components/IconButton.tsx';
import { Pick } from '../../components/Pick.tsx';
import { WhenDialog } from '../../components/WhenDialog.tsx';
import { changeThreads } from '../../lib/change.ts';
import { usePeople } from '../../lib/people.ts';
import type { Priority, Thread } from '../../lib/rows.ts';
import { tagsQuery } from '../../lib/threadQueries.ts';
import { moment } from '../../lib/time.ts';
import { words } from '../../words/index.ts';

interface Props {
  workspace: string;
  page: {
    targets: readonly Thread[];
    picker: Picker | null;
    setPicker: (what: Picker | null) => void;
    leave: (act: () => void) => void;
    list: { chooseNone: () => void };
  };
}
const PRIORITIES = ['urgent', 'high', 'normal', 'low'] as const;

/** What can be done with the chosen rows; in the place of the filter, so that no row moves. */
export function BulkBar({ workspace, page }: Props) {
  const { targets, picker, setPicker, leave } = page;
  const { me, members, nameOf } = usePeople(workspace);
  const { data: tags = [] } = useQuery({ ...tagsQuery(workspace), retry: false });
  const { done, fields, priority, snoozeUntil } = words.thread;
  const many = (said: string) => words.ofMany(said, targets.length);
  const picks = (what: Picker) => ({
    open: picker === what,
    onOpen: (open: boolean) => setPicker(open ? what : null),
  });
  const addTag = (tag: string) =>
    changeThreads(workspace, targets, (row) => ({ tags: [...new Set([...row.tags, tag])] }), many(done.tags));
  return (
    <div
      role="toolbar"
      aria-label={words.list.bulk.bar}
      // As high as the filter, at any width: no row moves.
      className="@container flex h-9 shrink-0 items-center border-b border-line bg-bg-1 px-1 pointer-coarse:h-11"
    >
      <IconButton name={words.list.clearSelection} icon={X} keys="Escape" onClick={page.list.chooseNone} />
      <span className="text-s font-medium whitespace-nowrap tabular-nums">
        {targets.length}
        <span className="@max-[330px]:sr-only">{` ${words.list.selected}`}</span>
      </span>
      <span className="flex-1" />
      <IconButton name={words.acts.close} icon={Check} keys="e" onClick={() => perform('close')} />
      <Pick
        name={fields.findAgent}
        empty={fields.noAgents}
        options={[
          { id: 'none', label: fields.nobody },
          ...members.map(({ id, name, email }) => ({
            id,
            label: id === me ? fields.me : name || email || '',
          })),
        ]}
        chosen={new Set()}
        {...picks('assign')}
        onPick={(id) => {
          const said = id === 'none' ? done.unassigned : done.assigned(nameOf(id) ?? '');
          changeThreads(workspace, targets, { agent_id: id === 'none' ? null : id }, many(said));
        }}
        trigger={<Tool name={words.acts.assign} icon={User} />}
      />
      <Pick
        name={fields.findTag}
        empty={fields.noTags}
        options={tags.map((tag) => ({ id: tag, label: tag }))}
        chosen={new Set()}
        {...picks('tag')}
        onPick={addTag}
        create={{ label: fields.newTag, onCreate: (tag) => addTag(tag.toLowerCase()) }}
        trigger={<Tool name={words.acts.tag} icon={Tag} />}
      />
      <Pick
        name={fields.priority}
        options={PRIORITIES.map((id) => ({ id, label: priority[id] }))}
        chosen={new Set()}
        {...picks('prioritise')}
        onPick={(id) =>
          changeThreads(
            workspace,
            targets,
            { priority: id as Priority },
            many(done.priority(priority[id as Priority])),
          )
        }
        trigger={<Tool name={words.acts.prioritise} icon={Flag} />}
      />
      <IconButton name={words.acts.snooze} icon={Moon} keys="b" onClick={() => setPicker('snooze')} />
      <IconButton name={words.acts.spam} icon={CircleAlert} keys="!" onClick={() => perform('spam')} />
      <IconButton name={words.acts.trash} icon={Trash2} keys="#" onClick={() => perform('trash')} />
      {picker === 'snooze' && (
        <WhenDialog
          title={snoozeUntil.title}
          hint={snoozeUntil.hint}
          names={snoozeUntil}
          other={snoozeUntil.other}
          set={snoozeUntil.set}
          tooEarly={snoozeUntil.tooEarly}
          onClose={() => setPicker(null)}
          onPick={(at) => {
            setPicker(null);
            const until = at.toISOString();
            const said = many(done.snoozed(moment(at, new Date())));
            leave(() => changeThreads(workspace, targets, { snoozed_until: until }, said));
          }}
        />
      )}
    </div>
  );
}

/** The button of a picker: without a tooltip, which would stand where the picker opens. */
function Tool({ name, icon: Icon, ...rest }: { name: string; icon: typeof Tag }) {
  return (
    <button
      type="button"
      aria-label={name}
      title={name}
      {...rest}
      className="inline-flex size-[30px] shrink-0 items-center justify-center rounded text-fg-2 hover:bg-bg-2 active:bg-bg-3 pointer-coarse:size-10"
    >
      <Icon size={16} strokeWidth={1.75} aria-hidden />
    </button>
  );
}
