import { getRouteApi, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import type { Page, Picker } from '../actions/page.ts';
import { usePage } from '../actions/perform.ts';
import { combined, NARROWING, type Narrowing } from '../features/inbox/filters.ts';
import { useList } from '../features/inbox/useList.ts';
import { useIntent } from '../lib/intents.ts';
import { habits } from '../lib/me.ts';
import { cachedThread } from '../lib/threadCache.ts';
import type { Kind, Thread, ThreadRef } from '../lib/rows.ts';
import type { ThreadFilter } from '../lib/views.ts';
import { goTo } from './go.ts';
import { useShell } from './shellState.ts';

const shellRoute = getRouteApi('/w/$workspace');

interface Options {
  workspace: string;
  view: string;
  filter: ThreadFilter;
  sort: string;
}

/** A list of threads, and all that can be done on its page. */
export function useListPage({ workspace, view, filter, sort: usual }: Options) {
  const { user } = shellRoute.useRouteContext().session;
  const search = useSearch({ strict: false });
  const { kind, id: openId = null } = useParams({ strict: false });
  const navigate = useNavigate();
  const shell = useShell();
  const sort = search.sort ?? usual;
  const list = useList(workspace, combined(filter, search), sort);
  const [picker, setPicker] = useState<Picker | null>(null);
  const { activate } = list;
  useEffect(() => activate(openId), [openId, activate]);

  const open = ({ kind: each, id }: ThreadRef) =>
    void navigate({
      to: '/w/$workspace/$view/$kind/$id',
      params: { workspace, view, kind: each, id },
      search: (all) => ({ ...all, message: undefined }),
      replace: openId !== null,
    });
  const back = () =>
    void navigate({
      to: '/w/$workspace/$view',
      params: { workspace, view },
      search: (all) => ({ ...all, message: undefined }),
    });
  useIntent('open', open);

  const openRef: ThreadRef | null = openId === null ? null : { kind: kind as Kind, id: openId };
  const targets = targetsOf();
  function targetsOf(): Thread[] {
    if (list.chosen.size > 0) return list.rows.filter(({ id }) => list.chosen.has(id));
    const ref = openRef ?? list.rows.find(({ id }) => id === list.active) ?? null;
    const row = ref && (list.rows.find(({ id }) => id === ref.id) ?? cachedThread(workspace, ref));
    return row ? [row] : [];
  }

  const page: Page = {
    workspace,
    me: user.id,
    open: openRef,
    targets,
    isChoosing: list.chosen.size > 0,
    list: {
      isEmpty: list.rows.length === 0,
      step: (direction) => {
        const row = list.beside(direction);
        if (!row) return;
        if (openId !== null) open(row);
        else list.activate(row.id);
      },
      openActive: () => {
        const row = list.rows.find(({ id }) => id === list.active);
        if (row) open(row);
      },
      rows: {
        choose: (range) => {
          const id = list.active ?? list.rows[0]?.id;
          if (id !== undefined) list.choose(id, range);
          if (id !== undefined) list.activate(id);
        },
        chooseAll: list.chooseAll,
        chooseNone: list.chooseNone,
        release: list.release,
      },
    },
    go: (to) => goTo(navigate, workspace, to),
    back: () => {
      if (openId !== null) back();
    },
    leave: (act) => {
      const leaving = new Set(targets.map(({ id }) => id));
      const next = list.after(leaving, list.chosen.size > 0 ? null : (openId ?? list.active));
      list.release();
      act();
      list.chooseNone();
      if (openId === null || !leaving.has(openId)) return list.activate(next?.id ?? null);
      if (!habits().nextAfterClose) return;
      if (next) open(next);
      else back();
    },
    pick: (what) => {
      // The picker is the bulk bar's: with one row it is a bulk of one.
      const [row] = targets;
      if (list.chosen.size === 0 && row) list.choose(row.id, false);
      setPicker(what);
    },
    show: (what) => {
      if (what === 'search' && view === 'search')
        document.querySelector<HTMLInputElement>('input[type="search"]')?.select();
      else if (what === 'search')
        void navigate({ to: '/w/$workspace/$view', params: { workspace, view: 'search' } });
      else shell.show(what);
    },
    toggle: (pane) => {
      if (pane === 'sidebar') shell.setSidebar(!shell.sidebar);
      else shell.setPanel(!shell.panel);
    },
  };
  usePage(page);

  return {
    ...page,
    list,
    sort,
    openId,
    openRow: open,
    picker,
    setPicker,
    search,
    setSearch: (next: Narrowing) =>
      void navigate({
        to: '.',
        search: (all) => {
          const kept: Record<string, unknown> = { ...all };
          for (const field of [...NARROWING, 'sort']) Reflect.deleteProperty(kept, field);
          return { ...kept, ...next };
        },
        replace: true,
      }),
  };
}
