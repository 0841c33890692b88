import mongoose from 'mongoose';
import { collectionOf } from '../../src/infra/models/index.ts';
import { connect, newConnection } from '../../src/infra/database.ts';
import { freshDatabaseUri } from '../support/mongodb.ts';

test('the server is told how long each command may take, and a write may wait for the majority', async () => {
  const connection = newConnection();
  const uri = new URL(freshDatabaseUri());
  uri.searchParams.set('monitorCommands', 'true');
  await connect(connection, uri.toString(), { timeoutMs: 10_000, commandsAtOnce: 2 });
  const commands: Record<string, unknown>[] = [];
  connection.getClient().on('commandStarted', ({ command }) => commands.push(command));
  const Thing = connection.model('Thing', new mongoose.Schema({ n: Number }, { autoCreate: false }));
  await Thing.findOne({ n: 1 }).lean();
  await Thing.updateOne({ n: 1 }, { n: 2 });
  expect(commands.find(({ find }) => find)).toMatchObject({ maxTimeMS: 10_000 });
  expect(commands.find(({ update }) => update)).toMatchObject({
    maxTimeMS: 10_000,
    writeConcern: { w: 'majority', j: true, wtimeout: 10_000 },
  });
  commands.length = 0;
  const things = collectionOf(Thing);
  await things.insertMany([{ n: 3 }, { n: 4 }]);
  await things.bulkWrite([{ updateOne: { filter: { n: 3 }, update: { $set: { n: 5 } } } }]);
  await things.findOneAndUpdate({ n: 5 }, { $set: { n: 6 } });
  await new Thing({ n: 7 }).save();
  await connection.transaction((session) => things.deleteMany({ n: 7 }, { session }));
  expect(await things.distinct('n')).toEqual([4, 6]);
  const limits = commands.map((command) => [Object.keys(command)[0], command.maxTimeMS]);
  expect(limits.filter(([name]) => name !== 'commitTransaction')).toEqual(
    ['insert', 'update', 'findAndModify', 'insert', 'delete', 'distinct'].map((name) => [name, 10_000]),
  );
  await connection.dropDatabase();
  await connection.close();
});
