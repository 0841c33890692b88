import type { ContactRow } from '../../models/index.ts';
import type { Authenticate } from '../auth.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { ListQuery, readPage } from '../paging.ts';
import { presentContact } from '../presenters/contact.ts';
import { notFound } from '../problem.ts';
import { readQuery } from '../query.ts';
import { contactsSeenBy } from '../visibility.ts';

/** `contacts`, `contacts/{id}`; one known only through somebody's personal mail is seen by them only. */
export function contactRoutes(router: ApiRouter, user: Authenticate, { models }: RouteDeps): void {
  router.get('/contacts', user, async (ctx) => {
    const query = readQuery(ctx.query, ListQuery);
    const seen = contactsSeenBy(ctx.state.user);
    const page = await readPage<ContactRow>(models.Contact, seen, query, { order: 'newest first' });
    ctx.body = { data: page.rows.map(presentContact), next_cursor: page.next_cursor };
  });

  router.get('/contacts/:id', user, async (ctx) => {
    const row = await models.Contact.findOne({
      ...contactsSeenBy(ctx.state.user),
      _id: ctx.params.id,
    }).lean<ContactRow>();
    if (!row) throw notFound();
    ctx.body = presentContact(row);
  });
}
