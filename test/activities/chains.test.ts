import { takesPart } from '../../src/core/threads/people.ts';
import {
  newHouse,
  runStep,
  storeMail,
  takeThrough,
  WORKSPACE,
  type House,
  type Mail,
} from '../support/house.ts';
import { SOAK } from '../support/size.ts';

/** Exchanges whose mails arrive in any order, or concurrently. */
let house: House;
beforeEach(async () => {
  house = await newHouse();
});
afterEach(() => house.close());

type Naming = 'References' | 'In-Reply-To';
const BOTH: Naming[] = ['References', 'In-Reply-To'];
/** How often each concurrent case is repeated; `npm run soak` repeats it more often. */
const ROUNDS = SOAK ? 30 : 3;
const [ANN, CARL, EVE] = ['ann@client.test', 'carl@client.test', 'eve@evil.test'];

let exchanges = 0;

/** An exchange of `length` mails, each the answer to the one before; two people write in turns. */
function exchange(length: number, naming: Naming, people: [string, string] = [ANN, CARL]): Mail[] {
  exchanges += 1;
  const ids = Array.from({ length }, (_, n) => `<${n}.${exchanges}@client.test>`);
  return ids.map((message_id, n) => ({
    message_id,
    from: people[n % 2]!,
    cc: [people[(n + 1) % 2]!],
    in_reply_to: ids.slice(0, n).slice(-1),
    references: naming === 'References' ? ids.slice(0, n) : [],
  }));
}

function ordersOf(length: number): number[][] {
  if (length === 0) return [[]];
  return ordersOf(length - 1).flatMap((order) =>
    Array.from({ length }, (_, at) => order.toSpliced(at, 0, length - 1)),
  );
}

/**
 * The expected threads when each mail names only its parent: one number for each mail. A mail whose parent and
 * answer are both missing opens a thread, and one that comes between two threads joins its parent's, because
 * threads are not merged.
 */
function threadsByInReplyTo(order: number[]): number[] {
  const threads: number[] = [];
  for (const n of order) threads[n] = threads[n - 1] ?? threads[n + 1] ?? n;
  return threads;
}

/** For each mail, the number of the first mail that is in the same thread. */
const together = (threads: unknown[]) => threads.map((thread) => threads.indexOf(thread));

const everything = (length: number) => Array<number>(length).fill(0);

async function threadOf(mail: Mail): Promise<string> {
  return (await house.models.Message.findOne({ message_id: mail.message_id }).orFail().lean()).thread_id;
}
const threadsOf = async (mails: Mail[]) => together(await Promise.all(mails.map(threadOf)));

/** Every mail must be in a thread that exists and has people who take part in it. */
async function expectWholeThreads() {
  const opened = await house.models.Message.distinct('thread_id');
  const takenPartIn = await house.models.Message.distinct('thread_id', {
    'people.0': { $exists: true },
    $or: [{ opens: true }, { sender_known: true }],
  });
  const tickets = await house.models.Ticket.find({ _id: { $in: takenPartIn } }).lean();
  expect(tickets.map((ticket) => ticket._id).sort()).toEqual(opened.sort());
}

describe.each(BOTH)('one after the other, with %s', (naming) => {
  test.each([3, 4])('every order of %i mails', async (length) => {
    // Exchanges are independent of each other, so they may come concurrently.
    const inOrder = async (order: number[]) => {
      const mails = exchange(length, naming);
      for (const n of order) await house.receive(mails[n]!);
      const expected = naming === 'References' ? everything(length) : together(threadsByInReplyTo(order));
      expect({ order, threads: await threadsOf(mails) }).toEqual({ order, threads: expected });
    };
    await Promise.all(ordersOf(length).map(inOrder));
    await expectWholeThreads();
  });

  test('three mails in every order, each step concurrently with itself and again after later ones', async () => {
    for (const order of ordersOf(3)) {
      const mails = exchange(3, naming);
      const rows = [];
      for (const n of order) {
        const row = await storeMail(house.models, mails[n]!);
        rows.push(row);
        await Promise.all([1, 2, 3].map(() => takeThrough(house.models, house.steps, row)));
      }
      const before = await everythingStored();
      for (const { _id: id, key, run } of rows) await runStep(house.steps.routeEmail, { id, key, run });
      for (const row of rows) await takeThrough(house.models, house.steps, row);
      expect(await everythingStored()).toEqual(before);
      const expected = naming === 'References' ? everything(3) : together(threadsByInReplyTo(order));
      expect({ order, threads: await threadsOf(mails) }).toEqual({ order, threads: expected });
    }
  });

  test('a late parent joins its answers, which came concurrently', async () => {
    for (const [last, ...first] of [
      [0, 2, 1],
      [2, 0, 1],
    ]) {
      const mails = exchange(3, naming);
      await Promise.all(first.map((n) => house.receive(mails[n]!)));
      await house.receive(mails[last!]!);
      expect(await threadsOf(mails)).toEqual(everything(3));
    }
  });
});

describe('concurrently', () => {
  test.each([2, 3, 4, 8])('%i mails with References: one thread', async (length) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const mails = exchange(length, 'References');
      await Promise.all(mails.toReversed().map((mail) => house.receive(mail)));
      expect(await threadsOf(mails)).toEqual(everything(length));
    }
    await expectWholeThreads();
  });

  test('two mails with In-Reply-To: one thread', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const mails = exchange(2, 'In-Reply-To');
      await Promise.all(mails.toReversed().map((mail) => house.receive(mail)));
      expect(await threadsOf(mails)).toEqual(everything(2));
    }
  });

  test('three mails with In-Reply-To: the middle one is in the thread of at least one of the others', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const mails = exchange(3, 'In-Reply-To');
      await Promise.all(mails.map((mail) => house.receive(mail)));
      expect([
        [0, 0, 0],
        [0, 0, 2],
        [0, 1, 1],
      ]).toContainEqual(await threadsOf(mails));
    }
    await expectWholeThreads();
  });

  test('each mail in two copies, and each step run concurrently with itself', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const mails = exchange(3, 'References');
      const copies = mails.flatMap((mail) =>
        ['support@acme.test', 'billing@acme.test'].map((recipient) => ({ ...mail, recipient })),
      );
      const rows = await Promise.all(copies.map((mail) => storeMail(house.models, mail)));
      await Promise.all([...rows, ...rows].map((row) => takeThrough(house.models, house.steps, row)));
      expect(await house.models.Message.countDocuments()).toBe(3 * (round + 1));
      expect(await threadsOf(mails)).toEqual(everything(3));
    }
  });
});

test('a mail that comes in copies joins the answer that came before it, and the late parent joins both', async () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const [parent, mail, answer] = exchange(3, 'In-Reply-To') as [Mail, Mail, Mail];
    await house.receive(answer);
    const copies = ['support@acme.test', 'billing@acme.test'].map((recipient) => ({ ...mail, recipient }));
    await Promise.all(copies.map((copy) => house.receive(copy)));
    await house.receive(parent);
    expect(await threadsOf([parent, mail, answer])).toEqual(everything(3));
  }
});

test.each(['one after the other', 'concurrently'])(
  'branches of a mail that never came are one thread, %s',
  async (how) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const mails = [exchange(3, 'References')[2]!, exchange(3, 'References')[2]!].map((mail): Mail => {
        const references = [`<root.${round}@client.test>`, ...mail.references!.slice(1)];
        return { ...mail, references };
      });
      if (how === 'concurrently') await Promise.all(mails.map((mail) => house.receive(mail)));
      else for (const mail of mails) await house.receive(mail);
      // The same as when that mail has come.
      expect(await threadsOf(mails)).toEqual([0, 0]);
    }
  },
);

describe('strangers and other exchanges', () => {
  const mailOfEve = (mails: Mail[], n: number): Mail => ({
    ...mails[n],
    message_id: `<eve.${exchanges}.${n}@evil.test>`,
    from: EVE,
    cc: [],
  });

  /** Eve's mails are in threads of their own, or marked as from an unknown sender. */
  async function expectEveOutside(mails: Mail[]) {
    const thread = await threadOf(mails[0]!);
    const known = { 'sender.email': EVE, thread_id: thread, sender_known: true };
    expect(await house.models.Message.countDocuments(known)).toBe(0);
    expect(await takesPart(house.models, WORKSPACE, { thread_id: thread }, EVE)).toBe(false);
  }

  test.each([0, 1, 2, 3])(
    'a stranger who names the same ids stays outside, at place %i of every order',
    async (place) => {
      for (const order of ordersOf(3)) {
        const mails = exchange(3, 'References');
        const coming = order.map((n) => mails[n]!).toSpliced(place, 0, mailOfEve(mails, 2));
        for (const mail of coming) await house.receive(mail);
        expect({ order, threads: await threadsOf(mails) }).toEqual({ order, threads: everything(3) });
        await expectEveOutside(mails);
        await house.receive(mailOfEve(mails, 1));
        await expectEveOutside(mails);
      }
    },
  );

  test.each(['before', 'with'])('a stranger who writes %s concurrent mails stays outside', async (when) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const mails = exchange(3, 'References');
      const strange = [mailOfEve(mails, 1), mailOfEve(mails, 2)];
      if (when === 'before') for (const mail of strange) await house.receive(mail);
      await Promise.all([...(when === 'with' ? strange : []), ...mails].map((mail) => house.receive(mail)));
      expect(await threadsOf(mails)).toEqual(everything(3));
      await expectEveOutside(mails);
    }
  });

  test('a stranger whose mail came first does not take part in the thread that its parent opens', async () => {
    const mails = exchange(2, 'In-Reply-To');
    const first = await house.receive(mailOfEve(mails, 1));
    await house.receive(mails[0]!);
    const again = await house.receive({ ...mailOfEve(mails, 1), message_id: '<again@evil.test>' });
    expect(again.threads).not.toEqual(first.threads);
    expect(again.messages[0]).toMatchObject({ thread_id: await threadOf(mails[0]!), sender_known: false });
    await expectEveOutside(mails);
  });

  test('a stranger who copies the id and Date of a mail does not get into its thread, not even concurrently', async () => {
    const first = await house.receive({ message_id: '<taken@client.test>', from: ANN });
    const waits = { in_reply_to: ['<never-seen@evil.test>'], from: EVE };
    const row = await routed({
      ...waits,
      message_id: '<taken@client.test>',
      text: 'Not what Ann wrote at all.',
    });
    const second = await house.receive(waits);
    expect(second.threads).not.toEqual(first.threads);
    const taking = await takeThrough(house.models, house.steps, row);
    expect(taking.threads).not.toEqual(first.threads);
    expect(await takesPart(house.models, WORKSPACE, { thread_id: first.threads[0]! }, EVE)).toBe(false);
  });

  test.each(BOTH)('two exchanges stay two, with %s', async (naming) => {
    for (const order of ordersOf(3)) {
      const [one, two] = [exchange(3, naming), exchange(3, naming)];
      for (const n of order) await Promise.all([house.receive(one[n]!), house.receive(two[n]!)]);
      const expected = naming === 'References' ? everything(3) : together(threadsByInReplyTo(order));
      const threads = await threadsOf([...one, ...two]);
      expect(threads).toEqual([...expected, ...expected.map((n) => n + 3)]);
    }
  });

  test('two concurrent exchanges of different people about one mail stay two', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const newsletter = `<newsletter.${round}@acme.test>`;
      const [one, two] = [
        exchange(2, 'References'),
        exchange(2, 'References', ['bob@client.test', 'dora@client.test']),
      ];
      const about = (mail: Mail): Mail => {
        const references = [newsletter, ...(mail.references ?? [])];
        return { ...mail, references, in_reply_to: references.slice(-1) };
      };
      await Promise.all([...one, ...two].map((mail) => house.receive(about(mail))));
      expect(await threadsOf([...one, ...two])).toEqual([0, 0, 2, 2]);
    }
  });
});

describe('a claimed Message-Id leads to the thread of its mail', () => {
  test.each(['failed', 'skipped', 'held'] as const)(
    'and nowhere if the mail became %s after it was routed',
    async (state) => {
      const mails = exchange(4, 'References');
      const row = await routed(mails[1]!);
      await house.models.InboundEmail.updateOne({ _id: row._id }, { $set: { state } });

      // Its thread does not exist, so the answer opens one, also for people whom only this mail named.
      const answer = await house.receive(mails[2]!);
      expect(answer.messages[0]).toMatchObject({ opens: true, sender_known: true });
      await house.receive(mails[0]!);
      expect(await threadsOf([mails[0]!, mails[2]!])).toEqual([0, 0]);

      // It is run again, and joins what came without it.
      await house.models.InboundEmail.updateOne(
        { _id: row._id },
        { $set: { state: 'received', run: 2, routes: null, targets: [], sender: null } },
      );
      await takeThrough(house.models, house.steps, { ...row, run: 2 });
      await house.receive(mails[3]!);
      expect(await threadsOf(mails)).toEqual(everything(4));
      await expectWholeThreads();
    },
  );

  test('also if the try that claimed it decided nothing', async () => {
    const [parent, mail, answer] = exchange(3, 'In-Reply-To') as [Mail, Mail, Mail];
    const row = await routed(mail);
    // A concurrent try, which saw the answer, decided first.
    const { threads } = await house.receive({ ...answer, in_reply_to: [] });
    await house.models.InboundEmail.updateOne(
      { _id: row._id },
      { $set: { 'routes.0.thread_id': threads[0], 'routes.0.opens': false } },
    );
    await takeThrough(house.models, house.steps, row);
    await house.receive(parent);
    expect(await threadsOf([parent, mail, answer])).toEqual(everything(3));
  });

  test('a mail stays in its thread when its parent has joined it there meanwhile', async () => {
    const [parent, mail, answer] = exchange(3, 'In-Reply-To') as [Mail, Mail, Mail];
    const rows = [await routed(mail), await routed(parent)];
    // Another try of the mail has not decided yet, and finds an answer in a thread of its own.
    const { messages } = await house.receive({ ...answer, in_reply_to: [] });
    await house.models.Message.updateOne({ _id: messages[0]!._id }, { $set: { names: [mail.message_id] } });
    await house.models.InboundEmail.updateOne({ _id: rows[0]!._id }, { $set: { routes: null } });
    for (const row of rows) await takeThrough(house.models, house.steps, row);
    expect(await threadsOf([parent, mail, answer])).toEqual([0, 0, 2]);
    await expectWholeThreads();
  });

  test('an answer into a personal thread leads no other mail there', async () => {
    const personal = await house.receive({ to: ['dana@acme.test'] });
    await house.models.Message.updateOne(
      { _id: personal.messages[0]!._id },
      { $set: { direction: 'outbound', sending_email: 'support@acme.test' } },
    );
    const sent = personal.messages[0]!.message_id!;
    const answer = await house.receive({ in_reply_to: [sent] });
    expect(answer.messages[0]?.audience).toBe('owner:dana');
    const next = await house.receive({ from: EVE, in_reply_to: [answer.messages[0]!.message_id!] });
    expect(next.messages[0]).toMatchObject({ audience: 'tickets', thread_kind: 'ticket', opens: true });
    expect(next.threads).not.toEqual(personal.threads);
  });
});

/** A mail whose thread is decided, and whose message is not stored yet. */
async function routed(mail: Mail) {
  const row = await storeMail(house.models, mail);
  const run = { id: row._id, key: row.key, run: row.run };
  await runStep(house.steps.resolveForwarding, run);
  await runStep(house.steps.classifyEmail, run);
  await runStep(house.steps.routeEmail, run);
  return row;
}

async function everythingStored() {
  const [messages, tickets, claims] = await Promise.all([
    house.models.Message.find().sort({ _id: 1 }).lean(),
    house.models.Ticket.find().sort({ _id: 1 }).lean(),
    house.models.ThreadId.find().sort({ _id: 1 }).lean(),
  ]);
  return { messages, tickets, claims };
}
