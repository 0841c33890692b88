import { removeEmail } from '../../../src/core/addresses/changeEmail.ts';
import { updateAddressFlags } from '../../../src/core/addresses/addressFlags.ts';
import { claimReceiving } from '../../../src/core/addresses/receiving.ts';
import type { Models, WorkspaceEmailRow } from '../../../src/infra/models/index.ts';
import { newId } from '../../../src/lib/ids.ts';
import { freshModels } from '../../support/mongodb.ts';
import { addWorkspaceEmail } from '../../support/house.ts';

let models: Models;
beforeAll(async () => {
  models = await freshModels();
});
afterAll(() => models.connection.close());

/** Proved addresses of workspaces of their own, none of which receives yet. */
const claimants = (address: string, many: number): Promise<WorkspaceEmailRow[]> =>
  Promise.all(
    Array.from({ length: many }, (_, n) =>
      addWorkspaceEmail(models, `w${n}`, address, { kind: 'forwarding', can_receive: false }),
    ),
  );
const receiving = (address: string) => models.WorkspaceEmail.countDocuments({ address, can_receive: true });

test('of many concurrent claims one receives, and still does when it is repeated', async () => {
  const address = `${newId()}@acme.test`;
  const emails = await claimants(address, 8);
  const applied = await Promise.all(emails.map(({ _id }) => updateAddressFlags(models, _id)));
  expect(applied.filter(Boolean)).toHaveLength(1);
  expect(await receiving(address)).toBe(1);
  const again = await Promise.all(emails.map(({ _id }) => updateAddressFlags(models, _id)));
  expect(again).toEqual(applied);
});

test.each<[string, Partial<WorkspaceEmailRow>]>([
  ['switched off', { receive_off: true }],
  ['deleted', { deleted_at: new Date() }],
])('once it is %s another receives', async (_, change) => {
  const address = `${newId()}@acme.test`;
  const [first, second] = (await claimants(address, 2)) as [WorkspaceEmailRow, WorkspaceEmailRow];
  expect(await updateAddressFlags(models, first._id)).toBe(true);
  expect(await updateAddressFlags(models, second._id)).toBe(false);
  await models.WorkspaceEmail.updateOne({ _id: first._id }, { $set: change });
  await updateAddressFlags(models, first._id);
  expect(await updateAddressFlags(models, second._id)).toBe(true);
  await models.WorkspaceEmail.updateOne({ _id: first._id }, { $set: { receive_off: false } });
  expect(await updateAddressFlags(models, first._id)).toBe('deleted_at' in change);
  expect(await receiving(address)).toBe(1);
});

test('an address deleted by a process that then dies can be added again', async () => {
  const address = `${newId()}@acme.test`;
  const [first, second] = (await claimants(address, 2)) as [WorkspaceEmailRow, WorkspaceEmailRow];
  await updateAddressFlags(models, first._id);
  // It writes, and is gone before it reads.
  const WorkspaceEmail = { updateOne: models.WorkspaceEmail.updateOne.bind(models.WorkspaceEmail) };
  await expect(removeEmail({ ...models, WorkspaceEmail } as unknown as Models, first)).rejects.toThrow();
  await models.Receiver.updateOne({ _id: address }, { $set: { created_at: new Date(Date.now() - 61_000) } });
  expect(await updateAddressFlags(models, second._id)).toBe(true);
});

test('the claim of a process that died is taken over; the claim of an address that receives is not', async () => {
  const address = `${newId()}@acme.test`;
  const [first, second] = (await claimants(address, 2)) as [WorkspaceEmailRow, WorkspaceEmailRow];
  await claimReceiving(models, first);
  expect(await updateAddressFlags(models, second._id)).toBe(false);
  await models.Receiver.updateOne({ _id: address }, { $set: { created_at: new Date(Date.now() - 61_000) } });
  expect(await updateAddressFlags(models, second._id)).toBe(true);
  const older = await addWorkspaceEmail(models, 'w1', `${newId()}@acme.test`);
  expect(await claimReceiving(models, { _id: 'other', address: older.address })).toBe(false);
});
