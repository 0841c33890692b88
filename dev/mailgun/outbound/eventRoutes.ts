import type Router from '@koa/router';
import type { Context } from 'koa';
import type { FaultSwitch } from '../faults.ts';
import { readJson } from '../json.ts';
import { authorized } from '../messages.ts';
import { FORBIDDEN, give, json, limitText } from './answers.ts';
import { BadQuery, eventsPage, readPage, readQuery } from './eventsApi.ts';
import { LogsQuery, logsPage } from './logsApi.ts';
import type { SentMails } from './sentMails.ts';
import type { LocalMailgunSettings } from './types.ts';

export interface EventOptions {
  apiKey: string;
  mails: SentMails;
  faults: FaultSwitch;
  settings: LocalMailgunSettings;
  /** Base URL of the local Mailgun. */
  url(): string;
}

/**
 * - `GET /v3/{domain}/events` and its pages `…/events/{page}`: 200, 400, 401
 * - `POST /v1/analytics/logs`: 200, 400, 401, 415
 *
 * With faults, both may answer anything else.
 */
export function addEventRoutes(router: Router, options: EventOptions): void {
  const settings = () => ({ url: options.url(), eventsDelayMs: options.settings.eventsDelayMs });

  router.get(['/v3/:domain/events', '/v3/:domain/events/:page'], (ctx) => {
    if (!authorized(ctx, options.apiKey)) return;
    const { domain, page } = ctx.params as { domain: string; page?: string };
    try {
      const request = page
        ? readPage(page)
        : { query: readQuery(new URLSearchParams(ctx.querystring)), cursor: null };
      answer(ctx, options.faults, eventsPage(options.mails, domain, request, settings()));
    } catch (error) {
      if (!(error instanceof BadQuery)) throw error;
      give(ctx, json(400, error.message));
    }
  });

  router.post('/v1/analytics/logs', async (ctx) => {
    if (!authorized(ctx, options.apiKey)) return;
    const query = await readJson(ctx, LogsQuery, (errors) =>
      give(ctx, json(400, errors.map(({ field, message }) => `${field}: ${message}`).join('; '))),
    );
    if (query) answer(ctx, options.faults, logsPage(options.mails, query, settings()));
  });
}

/** Answers with the page, or as the fault in force says. */
function answer(ctx: Context, faults: FaultSwitch, page: Record<string, unknown>): void {
  switch (faults.events.next()?.answer) {
    case undefined:
      ctx.body = page;
      return;
    case 'empty':
      ctx.body = { ...page, items: [] };
      return;
    case 'hang':
      ctx.respond = false;
      return;
    case 401:
      return give(ctx, FORBIDDEN);
    case 403:
      return give(ctx, json(403, 'Forbidden'));
    case 429:
      return give(ctx, json(429, limitText((ctx.params as { domain?: string }).domain ?? '', {})));
    case 500:
      return give(ctx, json(500, 'Internal Server Error'));
  }
}
