/**
 * For web and worker of a stack (`node --import`): writes the shape of each command of MongoDB to the file that
 * COMMAND_LOG names, each shape once a process. A line has the command, the collection and the fields of the filter;
 * those compared with certain values have a `=`: `update messages _id=,state`. JavaScript: Node 20 loads no
 * TypeScript. test/support/strays.ts reads it.
 */
import { appendFileSync } from 'node:fs';
import mongoose from 'mongoose';

const FILTERS = {
  find: ({ filter }) => [filter],
  aggregate: ({ pipeline }) => [pipeline[0]?.$match ?? pipeline[0]],
  count: ({ query }) => [query],
  distinct: ({ query }) => [query],
  update: ({ updates }) => updates.filter(({ upsert }) => !upsert).map(({ q }) => q),
  upsert: ({ updates }) => updates.filter(({ upsert }) => upsert).map(({ q }) => q),
  delete: ({ deletes }) => deletes.map(({ q }) => q),
  findAndModify: ({ query }) => [query],
};

const isPlain = (value) => Object.getPrototypeOf(value) === Object.prototype;
const isCertain = (value) =>
  value === null ||
  typeof value !== 'object' ||
  !isPlain(value) ||
  Object.keys(value).every((operator) => operator === '$eq' || operator === '$in');

function fieldsOf(filter = {}) {
  const fields = Object.entries(filter).flatMap(([name, value]) => {
    if (name === '$and') return value.flatMap(fieldsOf);
    return isCertain(value) && !Array.isArray(value) ? `${name}=` : name;
  });
  return [...new Set(fields)].sort();
}

const seen = new Set();
function note({ commandName, command }) {
  for (const kind of commandName === 'update' ? ['update', 'upsert'] : [commandName])
    for (const filter of FILTERS[kind]?.(command) ?? []) {
      // A change stream reads no collection.
      if (filter && '$changeStream' in filter) continue;
      const shape = `${kind} ${command[commandName]} ${fieldsOf(filter).join()}`;
      if (seen.has(shape)) continue;
      seen.add(shape);
      appendFileSync(process.env.COMMAND_LOG, `${shape}\n`);
    }
}

const { prototype } = mongoose.Connection;
const { openUri } = prototype;
prototype.openUri = async function openAndListen(uri, options) {
  const opened = await openUri.call(this, uri, { ...options, monitorCommands: true });
  this.getClient().on('commandStarted', note);
  return opened;
};
