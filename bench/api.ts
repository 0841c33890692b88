import mongoose from 'mongoose';
import { createModels, type Models } from '../src/infra/models/index.ts';
import { createWorld, type World } from '../test/api/world.ts';
import { running } from '../test/support/running.ts';
import { examinedBy, type Examined } from '../test/support/examined.ts';
import { TOKENS, type Stack } from '../test/support/stack.ts';
import { closeLater } from './cleanUp.ts';
import { COMMON_WORD, fillWorkspace, RARE_WORD, type Size } from './fillWorkspace.ts';
import { atSteadyRate, timed, untilReadable, watchMessages } from './mails.ts';
import { postMaker, type Post } from './posts.ts';
import { figure, say, withSpread, type Line, type Section } from './report.ts';
import { MESSAGES } from './settings.ts';
import { newStack } from './stack.ts';
import { middleHalf, quantile } from './statistics.ts';

/** Messages of the full workspace, in the short form; four a thread. */
const FULL = 100_000;
const sizeOf = (messages: number): Size => ({
  tickets: messages / 5,
  conversations: messages / 20,
  contacts: messages / 20,
});
/** One page of each. */
const EMPTY: Size = { tickets: 50, conversations: 50, contacts: 50 };
const PAGE = 50;
const ROUNDS = { aims: 30, others: 10 };
const INGEST_ROUNDS = 3;
const WARM_UP_ROUNDS = 3;
const AIM = 1.2;

const KINDS = ['full', 'empty'] as const;
type Kind = (typeof KINDS)[number];

/** What a client requests, below the workspace; several requests are made one after the other. */
interface Query {
  name: string;
  paths: (place: Place) => string[];
  /** The collection whose examined rows are counted: except for searches, at most the page and one more. */
  list?: 'tickets' | 'conversations' | 'messages' | 'contacts';
  /** Whether its time has an aim: lists only on MongoDB itself, see the notes. */
  isAim?: 'on MongoDB' | 'always';
  /** A later page also reads the row where the one before ended. */
  isLater?: true;
  /** How many rows match a word is not known beforehand. */
  isSearch?: true;
}

/** The ids that requests to a workspace name. */
interface Place {
  ticket: string;
  contact: string;
  position: string;
  cursor: string | null;
}

const QUERIES: Query[] = [
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
 * How long reading takes in a workspace of 100,000 messages and in one of a page. Two databases, in turns.
 */
export const measureApi = (): Promise<Section> => measureReading(FULL);

/** The same with a million, and how long a mail takes there. */
export const measureManyMessages = (): Promise<Section> => measureReading(MESSAGES, measureIngest);

/** @param further what is measured in the workspaces at the end */
async function measureReading(
  messages: number,
  further: (stacks: Record<Kind, Stack>) => Promise<Line[]> = () => Promise.resolve([]),
): Promise<Section> {
  const stacks = {
    full: await newStack({ processes: ['web'] }),
    empty: await newStack({ processes: ['web'] }),
  };
  const places = {} as Record<Kind, Place>;
  for (const kind of KINDS) {
    const took = await timed(() => fill(stacks[kind].models, kind === 'full' ? sizeOf(messages) : EMPTY));
    say(`api: filled the ${kind} workspace in ${figure(took / 1000)} s`);
    places[kind] = await placeOf(stacks[kind]);
  }
  const examined = await examine(stacks.full, places.full);

  const times = new Map(QUERIES.map((query) => [query, { full: [] as number[], empty: [] as number[] }]));
  for (const [index, query] of QUERIES.entries()) {
    for (let round = 1 - WARM_UP_ROUNDS; round <= (query.isAim ? ROUNDS.aims : ROUNDS.others); round += 1)
      for (const kind of KINDS) {
        const took = await timed(() => request(stacks[kind], query.paths(places[kind])));
        if (round > 0) times.get(query)![kind].push(took);
      }
    const { full, empty } = times.get(query)!;
    say(
      `api ${index + 1}/${QUERIES.length} ${query.name}: p50 ${figure(quantile(full, 0.5))} ms, ${figure(quantile(empty, 0.5))} ms`,
    );
  }
  const furtherLines = await further(stacks);
  for (const kind of KINDS) await stacks[kind].close();
  return {
    title: `Reading, in a workspace of ${figure(messages)} messages`,
    lines: [
      ...QUERIES.flatMap((query) => linesOf(query, times.get(query)!, examined.get(query)!)),
      ...furtherLines,
    ],
    notes: [
      `Floor: the same in a workspace of ${PAGE} tickets, with a database and a web process of its own, in turns; ${ROUNDS.aims} requests each (${ROUNDS.others} without an aim), median (middle half).`,
      `Rows examined: from the database's explain of the same query, compared with the page and one more row (${PAGE + 1}).`,
      'On SecantusDB the times of lists have no aim: it explains what MongoDB would do, but itself reads and sorts the whole range of an index, so the times grow with the workspace.',
    ],
  };
}

/** From the post of a mail until its message is there. */
async function measureIngest(stacks: Record<Kind, Stack>): Promise<Line[]> {
  const nextPost = postMaker();
  const post = {} as Record<Kind, (mail: Post) => Promise<void>>;
  for (const kind of KINDS) {
    await stacks[kind].startWorker();
    post[kind] = untilReadable(stacks[kind], await watchMessages(stacks[kind]));
  }
  const times: Record<Kind, number[]> = { full: [], empty: [] };
  for (let round = 0; round <= INGEST_ROUNDS; round += 1)
    for (const kind of KINDS) {
      const took = await atSteadyRate(() => post[kind](nextPost()));
      // The first round is a warm-up.
      if (round > 0) times[kind].push(...took);
      say(`api: post to readable, ${kind} ${round}/${INGEST_ROUNDS}: p50 ${figure(quantile(took, 0.5))} ms`);
    }
  return [
    {
      what: 'post to readable, p50',
      ours: withSpread(middleHalf(times.full), 'ms'),
      floor: withSpread(middleHalf(times.empty), 'ms'),
      ratio: quantile(times.full, 0.5) / quantile(times.empty, 0.5),
      aim: { atMost: AIM },
    },
  ];
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
  for (const path of paths) await readAnswer(path, stack.api(path));
}

/** Reads an answer to its end. @throws Error when its status is not 2xx */
async function readAnswer(path: string, requested: Promise<Response>): Promise<void> {
  const answer = await requested;
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`GET ${path} was answered ${answer.status}`);
}

/** Makes each request once more, to an API in this process, where its database queries can be observed. */
async function examine(stack: Stack, place: Place): Promise<Map<Query, Examined[]>> {
  const { host, port, name } = stack.models.connection;
  const connection = await mongoose
    .createConnection(`mongodb://${host}:${port}/${name}?directConnection=true`, { monitorCommands: true })
    .asPromise();
  // The world has a Dana of its own.
  await stack.models.User.deleteOne({ _id: 'user-dana' });
  const world: World = await createWorld({ models: createModels(connection) });
  const close = closeLater(() => world[Symbol.asyncDispose]());
  const examinedRows = new Map<Query, Examined[]>();
  for (const query of QUERIES) {
    examinedRows.set(
      query,
      await examinedBy(connection, async () => {
        for (const path of query.paths(place)) {
          const url = `${world.url}/api/v1/workspaces/demo/${path}`;
          await readAnswer(path, fetch(url, { headers: { Authorization: `Bearer ${TOKENS.owner}` } }));
        }
      }),
    );
  }
  await close();
  return examinedRows;
}

function linesOf(query: Query, { full, empty }: Record<Kind, number[]>, examined: Examined[]): Line[] {
  const [p50, p99] = [0.5, 0.99].map((q) => (times: number[]) => quantile(times, q)) as [Quantile, Quantile];
  const rows = examined.filter(({ collection }) => query.list === undefined || collection === query.list);
  const page = PAGE + (query.isLater ? 2 : 1);
  const most = Math.max(...rows.map(({ docs }) => docs));
  return [
    {
      what: `${query.name}, p50`,
      ours: withSpread(middleHalf(full), 'ms'),
      floor: withSpread(middleHalf(empty), 'ms'),
      ratio: p50(full) / p50(empty),
      ...((query.isAim === 'always' || (query.isAim && !running.standIn)) && { aim: { atMost: AIM } }),
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
            ...(query.list &&
              !query.isSearch && { floor: figure(page), ratio: most / page, aim: { atMost: 1 } }),
          },
        ]
      : []),
  ];
}

type Quantile = (times: number[]) => number;
