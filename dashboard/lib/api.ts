import createClient, { type Middleware } from 'openapi-fetch';
import { words } from '../words/index.ts';
import { base } from './base.ts';
import { fetchEarly } from './early.ts';
import { Problem, problemOf } from './problem.ts';
import type { paths } from './schema.gen.d.ts';

const problems: Middleware = {
  async onResponse({ response, schemaPath }) {
    if (response.ok) return undefined;
    const body: unknown = await response
      .clone()
      .json()
      .catch(() => null);
    if (response.status === 401 && schemaPath !== '/api/v1/sessions')
      signedOut.dispatchEvent(new Event('out'));
    throw problemOf(response, body);
  },
  onError() {
    return new Problem(0, words.problem.offline);
  },
};

/** Tells the page that the session has ended: `out`. */
export const signedOut = new EventTarget();

/** The API, typed by its OpenAPI document. Every call throws a `Problem` unless it is answered with 2xx. */
export const api = createClient<paths>({ baseUrl: base, fetch: fetchEarly });
api.use(problems);

/** The body of an answer; `api` throws for all but 2xx. */
export async function read<Data>(answer: Promise<{ data?: Data }>): Promise<NonNullable<Data>> {
  return (await answer).data!;
}

/** A key with which a repeated request is done once. */
export const newKey = (): string => crypto.randomUUID();
