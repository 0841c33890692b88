import { SetupRefusal } from './setupApi.ts';

const MAX_LIMIT = 1000;

/** The part of a list that `limit` and `skip` select. @throws SetupRefusal */
export function pageOf<T>(all: T[], query: URLSearchParams): T[] {
  const limit = Number(query.get('limit') || 100);
  const skip = Number(query.get('skip') || 0);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw new SetupRefusal(400, `limit must be a number from 1 to ${MAX_LIMIT}`);
  if (!Number.isInteger(skip) || skip < 0) throw new SetupRefusal(400, 'skip must be a number');
  return all.slice(skip, skip + limit);
}
