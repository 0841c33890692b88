import mongoose, { type Model, type Schema } from 'mongoose';
import { createModels } from '../../src/infra/models/index.ts';
import { shardKeyOf, type ShardKey } from '../../src/infra/models/shardKeys.ts';

interface Collection {
  name: string;
  schema: Schema;
  /** Null: it stays whole. */
  key: ShardKey | null;
}

/** Every collection, with its shard key. */
export const collections = (): Collection[] =>
  Object.entries(createModels(mongoose.createConnection())).flatMap(([name, model]) =>
    name === 'connection'
      ? []
      : [
          {
            name: (model as Model<unknown>).collection.collectionName,
            schema: (model as Model<unknown>).schema,
            key: shardKeyOf(name as Parameters<typeof shardKeyOf>[0]),
          },
        ],
  );

interface Exception {
  reason: string;
  /** As test/support/logCommands.js writes them; a filter may have further fields. */
  shapes: string[];
}

const threads = (fields: string): string[] =>
  ['tickets', 'conversations'].map((name) => `find ${name} ${fields}`);

/** Commands that ask every shard. */
const EXCEPTIONS: Exception[] = [
  {
    reason: 'sweeps look for rows of all workspaces, by an index of their own',
    shapes: [
      'find messages outbound.wants_start=',
      'find messages outbound.is_open=',
      ...threads('merged_at'),
      ...threads('deleted_at'),
      ...threads('snoozed_by'),
      'find notifications mail=,mail_at',
      'find attachments created_at,message_id=',
      'find webhook_deliveries wants_start=',
      'find inbound_emails state=',
      'find inbound_emails original_left=',
      'distinct inbound_emails state=',
    ],
  },
  {
    reason: 'a run in Temporal knows its row by the id alone; the writes that follow have the workspace',
    shapes: ['find messages _id=,direction=', ...threads('_id=,snoozed_until=')],
  },
  {
    reason: 'an event of the provider has only a Message-Id of ours, which is unique over all workspaces',
    shapes: ['find messages direction=,message_id='],
  },
  {
    reason: 'a delivery is known to its run, and to whoever starts it, by its id',
    shapes: [
      'find webhook_deliveries _id=',
      'find events _id=',
      'update webhook_deliveries _id=',
      'update webhook_deliveries $or',
    ],
  },
  {
    reason: 'the mail log of a workspace; the steps of a mail, which are many more, find its row by the id',
    shapes: ['find inbound_emails workspace_id='],
  },
];

/**
 * The commands that a sharded installation would send to every shard though none of `EXCEPTIONS` says why.
 * @param shapes as test/support/logCommands.js writes them
 */
export function strays(shapes: string[]): string[] {
  const keys = new Map(collections().map(({ name, key }) => [name, key]));
  return shapes.filter((shape) => {
    const [command = '', collection = '', fields = ''] = shape.split(' ');
    const key = keys.get(collection);
    if (!key) return false;
    const held = fields.split(',');
    const isTargeted = Object.keys(key).every((field) => held.includes(`${field}=`));
    const isKnown = EXCEPTIONS.some(({ shapes: known }) =>
      known.some((each) => {
        const [ofCommand, inCollection, wanted = ''] = each.split(' ');
        const isSame = ofCommand === command && inCollection === collection;
        return isSame && wanted.split(',').every((field) => held.includes(field));
      }),
    );
    return !isTargeted && !isKnown;
  });
}
