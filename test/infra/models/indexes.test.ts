import type { Models } from '../../../src/infra/models/index.ts';
import { createIndexes } from '../../../src/infra/models/index.ts';
import { newHouse, WORKSPACE, STRANGER_WORKSPACE, type House } from '../../support/house.ts';

let house: House;
let models: Models;
beforeAll(async () => {
  house = await newHouse();
  models = house.models;
});
afterAll(() => house.close());

test('creating the indexes again changes nothing', async () => {
  const before = await models.Message.collection.indexes();
  await createIndexes(models);
  expect(await models.Message.collection.indexes()).toEqual(before);
});

test('a ticket number is given once in a workspace', async () => {
  const { row } = await house.receive({});
  const ticket = await models.Ticket.findById(row.ticket_id).orFail().lean();
  const insert = (change: object) => models.Ticket.collection.insertOne({ ...ticket, ...change } as never);
  await expect(insert({ _id: 'again' })).rejects.toMatchObject({ code: 11000 });
  await expect(insert({ _id: 'elsewhere', workspace_id: STRANGER_WORKSPACE })).resolves.toBeDefined();
});

test('one contact an address in a workspace', async () => {
  const contact = {
    workspace_id: WORKSPACE,
    email: 'same@client.test',
    name: '',
    audiences: [],
    created_at: new Date(),
  };
  await models.Contact.create({ _id: 'c1', ...contact });
  await expect(models.Contact.create({ _id: 'c2', ...contact })).rejects.toMatchObject({ code: 11000 });
});

test('a row that its schema does not know is refused', async () => {
  await expect(
    models.User.create({ _id: 'u', email: 'u@x.test', name: '', created_at: new Date(), role: 'x' } as never),
  ).rejects.toThrow('role');
});
