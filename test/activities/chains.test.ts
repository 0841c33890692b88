import { newHouse, type House, type Mail } from '../support/house.ts';

let house: House;
beforeEach(async () => {
  house = await newHouse();
});
afterEach(() => house.close());

const ann = { from: 'ann@client.test', cc: ['carl@client.test'] };
const carl = { from: 'carl@client.test', cc: ['ann@client.test'] };

/** C answers B, which answers A; each names what its mail client names. */
type Style = 'all references' | 'In-Reply-To only' | 'References only';
function chain(round: string, style: Style = 'all references'): Record<'A' | 'B' | 'C' | 'D', Mail> {
  const id = (name: string) => `<${name}-${round}@client.test>`;
  const naming = (parents: string[]): Mail => ({
    in_reply_to: style === 'References only' ? [] : parents.slice(-1),
    references: style === 'In-Reply-To only' ? [] : parents,
  });
  return {
    A: { message_id: id('A'), ...ann, ...naming([]) },
    B: { message_id: id('B'), ...carl, ...naming([id('A')]) },
    C: { message_id: id('C'), ...ann, ...naming([id('A'), id('B')]) },
    D: { message_id: id('D'), ...carl, ...naming([id('A'), id('B'), id('C')]) },
  };
}
const ORDERS = ['ABC', 'ACB', 'BAC', 'BCA', 'CAB', 'CBA'];
const STYLES: Style[] = ['all references', 'In-Reply-To only', 'References only'];

const threads = async () =>
  (await house.models.Message.find({}, { thread_id: 1 }).lean()).map((m) => m.thread_id);
const expectOneThread = async (messages: number) => {
  const ids = await threads();
  expect(ids).toHaveLength(messages);
  expect(new Set(ids).size).toBe(1);
  expect(await house.models.Ticket.countDocuments()).toBe(1);
};

describe.each(STYLES)('one after the other, %s', (style) => {
  test.each(ORDERS)('%s', async (order) => {
    const mails = chain(order, style);
    for (const name of order) await house.receive(mails[name as 'A']);
    await expectOneThread(3);
  });
});

describe.each(STYLES)('all at once, %s', (style) => {
  test.each(ORDERS)('%s', async (order) => {
    for (let round = 0; round < 5; round += 1) {
      const mails = chain(`${order}-${round}`, style);
      const received = await Promise.all([...order].map((name) => house.receive(mails[name as 'A'])));
      expect(new Set(received.map(({ threads: [thread] }) => thread)).size).toBe(1);
    }
    expect(await house.models.Ticket.countDocuments()).toBe(5);
  });
});

describe('with one missing', () => {
  test.each(['AC', 'CA'])('%s at once', async (order) => {
    for (let round = 0; round < 10; round += 1) {
      const mails = chain(String(round));
      const received = await Promise.all([...order].map((name) => house.receive(mails[name as 'A'])));
      expect(new Set(received.map(({ threads: [thread] }) => thread)).size).toBe(1);
      expect((await house.receive(mails.B)).threads).toEqual(received[0]!.threads);
    }
    expect(await house.models.Ticket.countDocuments()).toBe(10);
  });

  test.each(['AD', 'DA', 'ABD', 'DBA', 'DCA', 'ACD'])('%s at once, then the rest', async (order) => {
    const mails = chain(order);
    await Promise.all([...order].map((name) => house.receive(mails[name as 'A'])));
    for (const name of 'ABCD') if (!order.includes(name)) await house.receive(mails[name as 'A']);
    await expectOneThread(4);
  });
});
