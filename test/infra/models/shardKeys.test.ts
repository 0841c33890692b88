import { readFileSync } from 'node:fs';
import { collections, strays } from '../../support/strays.ts';

const sharded = collections().flatMap(({ key, ...more }) => (key === null ? [] : [{ ...more, key }]));

test('every unique index of a sharded collection begins with the shard key', () => {
  const unique = sharded.flatMap(({ name, key, schema }) =>
    schema
      .indexes()
      .filter(([, options]) => options.unique)
      .map(([fields]) => ({ name, key: Object.keys(key), begins: Object.keys(fields) })),
  );
  expect(unique.map(({ name }) => name).sort()).toEqual(['contacts', 'tickets']);
  for (const { key, begins } of unique) expect(begins.slice(0, key.length)).toEqual(key);
});

test('each row of a collection that is sharded by workspace has one, from the beginning', () => {
  const byWorkspace = sharded.filter(({ key }) => 'workspace_id' in key);
  expect(byWorkspace.length).toBeGreaterThan(5);
  for (const { name, schema } of byWorkspace)
    expect([name, schema.paths.workspace_id!.options]).toEqual([
      name,
      expect.objectContaining({ required: true }),
    ]);
});

test('docs/scaling.md shards what the table says, by the same keys', () => {
  const page = readFileSync(new URL('../../../docs/scaling.md', import.meta.url), 'utf8');
  const commands = [...page.matchAll(/^sh\.shardCollection\('postroom\.(\w+)', \{ (\w+): (\S+) \}\);$/gm)];
  const documented = commands.map(([, name, field, kind]) => `${name} ${field} ${kind}`);
  const wanted = sharded.map(({ name, key }) =>
    'workspace_id' in key ? `${name} workspace_id 1` : `${name} _id 'hashed'`,
  );
  expect(documented.sort()).toEqual(wanted.sort());
});

test('a command without the shard key is recognised', () => {
  const stray = ['find messages message_id=', 'upsert contacts _id=', 'update tickets _id=,workspace_id'];
  const targeted = [
    'find messages _id=,workspace_id=',
    'upsert inbound_emails _id=,run',
    'find tokens _id=',
    'aggregate tickets audience=,workspace_id=',
  ];
  expect(strays([...targeted, ...stray])).toEqual(stray);
});
