import mongoose from 'mongoose';
import { createModels, type Models } from '../src/infra/models/index.ts';
import { createWorld, type World } from '../test/api/world.ts';
import { running } from '../test/support/running.ts';
import { examinedBy, type Examined } from '../test/support/examined.ts';
import { TOKENS, type Stack } from '../test/support/stack.ts';
import { closeLater } from './cleanUp.ts';
import { COMMON_WORD, fillWorkspace, RARE_WORD, type Size } from './fillWorkspace.ts';
import { timed } from './mails.ts';
import { figure, say, withSpread, type Line, type Section } from './report.ts';
import { newStack } from './stack.ts';
import { middleHalf, quantile } from './statistics.ts';

/** Four messages a thread: 100,000. */
const FULL: Size = { tickets: 20_000, conversations: 5_000, contacts: 5_000 };
/** One page of each. */
const EMPTY: Size = { tickets: 50, conversations: 50, contacts: 50 };
const PAGE = 50;
const ROUNDS = { aims: 40, others: 15 };
const WARM_UP_ROUNDS = 3;
const AIM = 1.2;

const KINDS = ['full', 'empty'] as const;
type Kind = (typeof KINDS)[number];

/** Something that a client asks for, below the workspace; several requests are one after the other. */
interface Ask {
  name: string;
  paths: (place: Place) => string[];
  /**
   * Collection whose rows are counted: no more than the page and one are to be examined, but for a search.
   */
  list?: 'tickets' | 'conversations' | 'messages' | 'contacts';
  /** Its time has an aim: of lists only on MongoDB itself, see the notes. */
  isAim?: 'on MongoDB' | 'always';
  /** A later page also reads the row where the one before ended. */
  isLater?: true;
  /** How many rows a word leaves is not known before. */
  isSearch?: true;
}

/** What requests name, of each workspace. */
interface Place {
  ticket: string;
  contact: string;
  position: string;
  cursor: string | null;
}

const ASKS: Ask[] = [
  { name: 'list tickets', paths: () => ['tickets'], list: 'tickets', isAim: 'on MongoDB' },
  {
    name: 'open a ticket, and its messages',
    paths: ({ ticket }) => [`tickets/${ticket}`, `tickets/${ticket}/messages`],
    list: 'messages',
    isAim: 'always',
  },
  {
    name: 'a later page',
    paths: ({ cursor }) => [`tickets${cursor ? `?cursor=${cursor}` : ''}`],
    list: 'tickets',
    isLater: true,
  },
  { name: 'status=open', paths: () => ['tickets?status=open'], list: 'tickets' },
  { name: 'agent_id=none', paths: () => ['tickets?agent_id=none'], list: 'tickets' },
  { name: 'tag=refund', paths: () => ['tickets?tag=refund'], list: 'tickets' },
  { name: 'contact_id', paths: ({ contact }) => [`tickets?contact_id=${contact}`], list: 'tickets' },
  { name: 'changed_since', paths: () => [`tickets?changed_since=${sinceHours(8)}`], list: 'tickets' },
  {
    name: 'q, a word of every tenth',
    paths: () => [`tickets?q=${COMMON_WORD}`],
    list: 'tickets',
    isSearch: true,
  },
  {
    name: 'q, of every thousandth',
    paths: () => [`tickets?q=${RARE_WORD}`],
    list: 'tickets',
    isSearch: true,
  },
  {
    name: 'q, both',
    paths: () => [`tickets?q=${COMMON_WORD}%20${RARE_WORD}`],
    list: 'tickets',
    isSearch: true,
  },
  { name: 'list conversations', paths: () => ['conversations'], list: 'conversations' },
  { name: 'list contacts', paths: () => ['contacts'], list: 'contacts' },
  { name: 'counts', paths: () => ['counts'] },
  { name: 'changes since', paths: ({ position }) => [`changes?since=${position}`] },
];

const sinceHours = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

/**
 * What a workspace of 100,000 messages costs its readers, against one of a page. Two databases, asked in
 * turns.
 */
export async function measureApi(): Promise<Section> {
  const stacks = {
    full: await newStack({ processes: ['web'] }),
    empty: await newStack({ processes: ['web'] }),
  };
  const places = {} as Record<Kind, Place>;
  for (const kind of KINDS) {
    const took = await timed(() => fill(stacks[kind].models, kind === 'full' ? FULL : EMPTY));
    say(`api: the ${kind} workspace is there, after ${figure(took / 1000)} s`);
    places[kind] = await placeOf(stacks[kind]);
  }
  const examined = await examine(stacks.full, places.full);

  const times = new Map(ASKS.map((ask) => [ask, { full: [] as number[], empty: [] as number[] }]));
  for (const [n, ask] of ASKS.entries()) {
    for (let round = 1 - WARM_UP_ROUNDS; round <= (ask.isAim ? ROUNDS.aims : ROUNDS.others); round += 1)
      for (const kind of KINDS) {
        const took = await timed(() => request(stacks[kind], ask.paths(places[kind])));
        if (round > 0) times.get(ask)![kind].push(took);
      }
    const { full, empty } = times.get(ask)!;
    say(
      `api ${n + 1}/${ASKS.length} ${ask.name}: p50 ${figure(quantile(full, 0.5))} ms, ${figure(quantile(empty, 0.5))} ms`,
    );
  }
  for (const kind of KINDS) await stacks[kind].close();
  return {
    title: `Reading, in a workspace of ${figure((FULL.tickets + FULL.conversations) * 4)} messages`,
    lines: ASKS.flatMap((ask) => linesOf(ask, times.get(ask)!, examined.get(ask)!)),
    notes: [
      `Floor: the same in a workspace of ${PAGE} tickets, in a database and a web process of its own, in turns; ${ROUNDS.aims} requests each (${ROUNDS.others} where there is no aim), median (middle half).`,
      `Rows examined: what the database's own explain says of the same query, against the page and one (${PAGE + 1}).`,
      'On SecantusDB the times of lists have no aim: it explains what MongoDB would do, but reads the whole range of an index itself and sorts it, so that they grow with the workspace.',
    ],
  };
}

async function fill(models: Models, size: Size): Promise<void> {
  const emails = { tickets: 'demo-support', shared: 'demo-hello' };
  await fillWorkspace(models, { workspaceId: 'demo', userId: 'user-olive', emails }, size);
}

async function placeOf(stack: Stack): Promise<Place> {
  const [row] = await stack.models.Ticket.find({ workspace_id: 'demo' })
    .sort({ number: -1 })
    .skip(20)
    .limit(1);
  const { next } = (await (await stack.api('changes')).json()) as { next: string };
  const list = (await (await stack.api('tickets')).json()) as { next_cursor: string | null };
  return { ticket: row!._id, contact: row!.contact_id, position: next, cursor: list.next_cursor };
}

async function request(stack: Stack, paths: string[]): Promise<void> {
  for (const path of paths) await taken(path, stack.api(path));
}

/** Reads an answer to its end. @throws Error when it is not the one hoped for */
async function taken(path: string, asked: Promise<Response>): Promise<void> {
  const answer = await asked;
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`GET ${path} was answered ${answer.status}`);
}

/** Asks the API once more, in this process, where its queries are seen. */
async function examine(stack: Stack, place: Place): Promise<Map<Ask, Examined[]>> {
  const { host, port, name } = stack.models.connection;
  const connection = await mongoose
    .createConnection(`mongodb://${host}:${port}/${name}?directConnection=true`, { monitorCommands: true })
    .asPromise();
  // The world has a Dana of its own.
  await stack.models.User.deleteOne({ _id: 'user-dana' });
  const world: World = await createWorld({ models: createModels(connection) });
  const close = closeLater(() => world[Symbol.asyncDispose]());
  const found = new Map<Ask, Examined[]>();
  for (const ask of ASKS) {
    found.set(
      ask,
      await examinedBy(connection, async () => {
        for (const path of ask.paths(place)) {
          const url = `${world.url}/api/v1/workspaces/demo/${path}`;
          await taken(path, fetch(url, { headers: { Authorization: `Bearer ${TOKENS.owner}` } }));
        }
      }),
    );
  }
  await close();
  return found;
}

function linesOf(ask: Ask, { full, empty }: Record<Kind, number[]>, examined: Examined[]): Line[] {
  const [p50, p99] = [0.5, 0.99].map((q) => (times: number[]) => quantile(times, q)) as [Of, Of];
  const rows = examined.filter(({ collection }) => ask.list === undefined || collection === ask.list);
  const page = PAGE + (ask.isLater ? 2 : 1);
  const most = Math.max(...rows.map(({ docs }) => docs));
  return [
    {
      what: `${ask.name}, p50`,
      ours: withSpread(middleHalf(full), 'ms'),
      floor: withSpread(middleHalf(empty), 'ms'),
      ratio: p50(full) / p50(empty),
      ...((ask.isAim === 'always' || (ask.isAim && !running.standIn)) && { aim: { atMost: AIM } }),
    },
    {
      what: '  p99',
      ours: `${figure(p99(full))} ms`,
      floor: `${figure(p99(empty))} ms`,
      ratio: p99(full) / p99(empty),
    },
    ...(rows.length > 0
      ? [
          {
            what: '  rows examined',
            ours: figure(most),
            ...(ask.list && !ask.isSearch && { floor: figure(page), ratio: most / page, aim: { atMost: 1 } }),
          },
        ]
      : []),
  ];
}

type Of = (times: number[]) => number;
