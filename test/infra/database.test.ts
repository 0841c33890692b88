import mongoose from 'mongoose';
import { connect, newConnection } from '../../src/infra/database.ts';
import { freshDatabaseUri } from '../support/mongodb.ts';

test('the server is told how long a query may take, and a write may wait for the majority', async () => {
  const connection = newConnection();
  const uri = new URL(freshDatabaseUri());
  uri.searchParams.set('monitorCommands', 'true');
  await connect(connection, uri.toString(), { timeoutMs: 10_000, commandsAtOnce: 2 });
  const commands: { find?: unknown; update?: unknown }[] = [];
  connection.getClient().on('commandStarted', ({ command }) => commands.push(command));
  const Thing = connection.model('Thing', new mongoose.Schema({ n: Number }));
  await Thing.findOne({ n: 1 }).lean();
  await Thing.updateOne({ n: 1 }, { n: 2 });
  expect(commands.find(({ find }) => find)).toMatchObject({ maxTimeMS: 10_000 });
  expect(commands.find(({ update }) => update)).toMatchObject({
    writeConcern: { w: 'majority', j: true, wtimeout: 10_000 },
  });
  await connection.dropDatabase();
  await connection.close();
});
