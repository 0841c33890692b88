import type { MessageRow, Models } from '../../infra/models/index.ts';
import type { MessageState } from '../../infra/models/outbound.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import { ownDrafts } from '../replies/drafts.ts';
import { audiencesOf, mayHave, type ApiUser } from './visibility.ts';
import { threadsOf } from '../threads/threads.ts';

/** Counts are exact up to here. This number means "or more". */
export const MOST_COUNTED = 10_000;
/** The most threads of one kind that are read for the counts of what is not closed. */
const MOST_READ = 50_000;
/** Closed threads are nearly all, and are counted no further than this. */
export const MOST_CLOSED = 1_000;

export interface Count {
  total: number;
  unread: number;
  /** Both may be more. */
  capped: boolean;
}

/** How many threads that are not closed are like this. */
interface Group {
  _id: {
    email: string;
    audience: string;
    status: ThreadRow['status'];
    agent: 'me' | 'none' | 'other';
    snoozed: boolean;
    waiting: boolean;
    read: boolean;
  };
  count: number;
}

const KINDS = ['ticket', 'conversation'] as const;

/**
 * The numbers of a sidebar, for one user. What is not closed is read once and grouped by all that the numbers
 * ask for: a count of its own for each number would read the same threads over and over.
 */
export async function countThreads(models: Models, user: ApiUser) {
  const [tickets, conversations, spam, trash, snoozed, closed, drafts, states, closedOf] = await Promise.all([
    groupsOf(models, 'ticket', user),
    groupsOf(models, 'conversation', user),
    countMatching(models, user, { hidden: 'spam' }),
    countMatching(models, user, { hidden: 'trash' }),
    countMatching(models, user, { hidden: null, snoozed_until: { $gt: new Date(0) } }),
    countMatching(models, user, { hidden: null, status: 'closed' }, MOST_CLOSED),
    models.Draft.countDocuments(ownDrafts(user), { limit: MOST_COUNTED + 1 }),
    countStates(models, user),
    countClosed(models, user),
  ]);
  const groups = [...tickets, ...conversations];
  const isCut = [tickets, conversations].some((each) => numberIn(each) >= MOST_READ);
  const own = `owner:${user.userId}`;
  const shown = groups.filter((group) => !group._id.snoozed);
  const count = (isCounted: (group: Group['_id']) => boolean): Count => {
    const counted = shown.filter((group) => isCounted(group._id));
    const unread = numberIn(counted.filter((group) => !group._id.read));
    return capped(numberIn(counted), unread, MOST_COUNTED, isCut);
  };
  const emails = [...new Set(shown.map((group) => group._id.email))];
  const sent = (wanted: MessageState[]) =>
    capped(numberIn(states.filter(({ _id }) => wanted.includes(_id))), 0);
  return {
    inbox: count(({ status, agent }) => status === 'open' && agent !== 'other'),
    unassigned: count(({ agent }) => agent === 'none'),
    all: count(() => true),
    waiting: count(({ waiting }) => waiting),
    snoozed,
    closed,
    drafts: capped(drafts, 0),
    shared: count(({ audience }) => audience === 'shared'),
    personal: count(({ audience }) => audience === own),
    outbox: sent([...OUTBOX_STATES]),
    failed: sent(['failed', 'unconfirmed']),
    spam,
    trash,
    addresses: Object.fromEntries(emails.map((id) => [id, count(({ email }) => email === id)])),
    tickets: {
      ...byStatus(tickets, closedOf.tickets),
      mine: numberIn(tickets.filter(({ _id }) => _id.agent === 'me')),
      unassigned: numberIn(tickets.filter(({ _id }) => _id.agent === 'none')),
    },
    conversations: {
      shared: byStatus(ofAudience(conversations, 'shared'), closedOf.shared),
      own: byStatus(ofAudience(conversations, own), closedOf.own),
    },
  };
}

/** Of each audience apart: with several, the stand-in database reads all rows (docs/decisions/stand-in-database.md). */
const audiencesIn = (user: ApiUser, kind: MessageRow['thread_kind']): string[] =>
  audiencesOf(user).filter((audience) => mayHave(kind, audience));

async function groupsOf(models: Models, kind: MessageRow['thread_kind'], user: ApiUser): Promise<Group[]> {
  const isSet = (field: string) => ({ $gt: [{ $ifNull: [field, null] }, null] });
  const agent = {
    $switch: {
      branches: [
        { case: { $eq: ['$agent_id', user.userId] }, then: 'me' },
        { case: { $eq: [{ $ifNull: ['$agent_id', null] }, null] }, then: 'none' },
      ],
      default: 'other',
    },
  };
  const count = (audience: string) =>
    threadsOf(models, kind).aggregate<Group>([
      {
        $match: {
          workspace_id: user.workspaceId,
          audience,
          hidden: null,
          status: { $in: ['open', 'pending'] },
        },
      },
      { $limit: MOST_READ },
      {
        $group: {
          _id: {
            email: '$workspace_email_id',
            audience: '$audience',
            status: '$status',
            agent,
            snoozed: isSet('$snoozed_until'),
            waiting: isSet('$waiting_since'),
            read: isReadBy(user),
          },
          count: { $sum: 1 },
        },
      },
    ]);
  return (await Promise.all(audiencesIn(user, kind).map(count))).flat();
}

/** Whether the user has read a thread, as an expression. */
export const isReadBy = ({ userId }: ApiUser) => ({ $in: [userId, { $ifNull: ['$read_by', []] }] });

async function countMatching(
  models: Models,
  user: ApiUser,
  filter: object,
  most = MOST_COUNTED,
): Promise<Count> {
  const counted = await Promise.all(
    KINDS.flatMap((kind) =>
      audiencesIn(user, kind).map((audience) =>
        threadsOf(models, kind).aggregate<{ _id: boolean; count: number }>([
          { $match: { workspace_id: user.workspaceId, audience, ...filter } },
          { $limit: most + 1 },
          { $group: { _id: isReadBy(user), count: { $sum: 1 } } },
        ]),
      ),
    ),
  );
  const groups = counted.flat();
  return capped(numberIn(groups), numberIn(groups.filter(({ _id }) => !_id)), most);
}

/** The states of messages that have not gone out, or may not have. */
export const OUTBOX_STATES = ['queued', 'scheduled', 'sending', 'failed', 'unconfirmed'] as const;

async function countStates(models: Models, user: ApiUser) {
  const count = (audience: string) =>
    models.Message.aggregate<{ _id: MessageState; count: number }>([
      { $match: { workspace_id: user.workspaceId, audience, state: { $in: [...OUTBOX_STATES] } } },
      { $limit: MOST_COUNTED + 1 },
      { $group: { _id: '$state', count: { $sum: 1 } } },
    ]);
  return (await Promise.all(audiencesOf(user).map(count))).flat();
}

async function countClosed(models: Models, user: ApiUser) {
  const { workspaceId: workspace_id } = user;
  const countIn = (kind: MessageRow['thread_kind'], audience: string) =>
    threadsOf(models, kind).countDocuments(
      { workspace_id, audience, hidden: null, status: 'closed' },
      { limit: MOST_CLOSED },
    );
  const [tickets, shared, own] = await Promise.all([
    countIn('ticket', 'tickets'),
    countIn('conversation', 'shared'),
    countIn('conversation', `owner:${user.userId}`),
  ]);
  return { tickets, shared, own };
}

function byStatus(groups: Group[], closed: number) {
  const withStatus = (status: ThreadRow['status']) =>
    numberIn(groups.filter(({ _id }) => _id.status === status));
  return { open: withStatus('open'), pending: withStatus('pending'), closed };
}

const ofAudience = (groups: Group[], audience: string): Group[] =>
  groups.filter(({ _id }) => _id.audience === audience);

const numberIn = (groups: { count: number }[]): number => groups.reduce((sum, { count }) => sum + count, 0);

/** A count that ends at `most`. @param isCut not everything was read */
export const capped = (total: number, unread: number, most = MOST_COUNTED, isCut = false): Count => ({
  total: Math.min(total, most),
  unread: Math.min(unread, most),
  capped: isCut || total > most,
});
