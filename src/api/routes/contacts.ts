import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { storable } from '../../mail/text.ts';
import type { ContactRow } from '../../infra/models/index.ts';
import { isEverybodys } from '../../core/threads/audiences.ts';
import { contactWords } from '../../core/threads/contacts.ts';
import { mergeContacts } from '../../core/threads/mergeContacts.ts';
import type { ApiState, Authenticate } from '../auth.ts';
import { jsonBody } from '../body.ts';
import { changeRow } from '../changeRow.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { etagOf } from '../etag.ts';
import { OneLine, Search } from '../fields.ts';
import { idempotent } from '../idempotent.ts';
import { ListQuery, readPage } from '../paging.ts';
import { operation } from '../operation.ts';
import { Contact } from '../../core/presenters/contact.ts';
import { notFound, Problem, wrongFields } from '../problem.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import { showContacts } from '../../core/presenters/showContacts.ts';
import { contactsSeenBy, mergedContactsSeenBy, type ApiUser } from '../../core/presenters/visibility.ts';

const ContactQuery = z.strictObject({ ...ListQuery.shape, q: Search.optional() });

const MAX_NAME_CHARS = 200;
const MAX_NOTES_CHARS = 10_000;
const ContactChangeBody = z.strictObject({
  name: OneLine(MAX_NAME_CHARS).optional(),
  notes: z
    .string('must be text')
    .max(MAX_NOTES_CHARS, `must be at most ${MAX_NOTES_CHARS} characters`)
    .refine((text) => !text.includes('\0'), 'must not have a NUL character in it')
    .transform(storable)
    .optional(),
});
const MergeBody = z.strictObject({ into: z.string('must be the id of another one') });

const etag = (row: ContactRow) => etagOf('contact', row._id, row.changes);

/** `contacts`, `contacts/{id}`; one known only through somebody's personal mail is seen by them only. */
export function contactRoutes(router: ApiRouter, user: Authenticate, deps: RouteDeps): void {
  const { models } = deps;
  const keyed = idempotent(deps);

  const find = ({ params, state }: RouterContext<ApiState>) => findContact(deps, params.id, state.user);
  const show = async (ctx: RouterContext<ApiState>, row: ContactRow) => {
    ctx.set('ETag', etag(row));
    const [shown] = await showContacts(models, [row], ctx.state.user);
    return shown!;
  };
  const change = (ctx: RouterContext<ApiState>, decide: (row: ContactRow) => Partial<ContactRow> | null) =>
    changeRow<ContactRow>(ctx, {
      find: () => find(ctx),
      etag,
      decide,
      write: (row, set) =>
        models.Contact.findOneAndUpdate(
          { ...contactsSeenBy(ctx.state.user), _id: row._id, changes: row.changes },
          { $set: { ...set, updated_at: new Date() }, $inc: { changes: 1 } },
          { returnDocument: 'after' },
        ).lean<ContactRow>(),
    });

  router.get(
    '/contacts',
    user,
    operation(
      { summary: 'List contacts', query: ContactQuery, answer: pageOf(Contact) },
      async (ctx, { query }) => {
        const seen = { ...contactsSeenBy(ctx.state.user), ...query.q };
        const page = await readPage<ContactRow>(models.Contact, seen, query, { order: 'newest first' });
        const data = await showContacts(models, page.rows, ctx.state.user);
        return { data, next_cursor: page.next_cursor };
      },
    ),
  );

  router.get(
    '/contacts/:id',
    user,
    operation(
      {
        summary: 'Read a contact',
        description: 'The 404 of one that was merged names the other: `merged_into`.',
        answer: Contact,
        etag: true,
      },
      async (ctx) => show(ctx, await findContact(deps, ctx.params.id, ctx.state.user)),
    ),
  );

  router.patch(
    '/contacts/:id',
    user,
    jsonBody,
    operation(
      {
        summary: 'Change a contact',
        description: 'Name and notes, which all see who see the contact.',
        body: ContactChangeBody,
        answer: Contact,
        etag: true,
        find,
      },
      async (ctx, { body: { name, notes } }) => {
        const row = await change(ctx, (found) => {
          const set: Partial<ContactRow> = {};
          if (notes !== undefined && notes !== found.notes) set.notes = notes;
          if (name !== undefined && name !== found.name) {
            set.name = name;
            const words = new Set([...contactWords({ ...found, name }), ...found.words]);
            set.words = [...words].slice(0, MAX_WORDS);
          }
          return Object.keys(set).length > 0 ? set : null;
        });
        return show(ctx, row);
      },
    ),
  );

  router.post(
    '/contacts/:id/block',
    user,
    keyed,
    operation(
      {
        summary: 'Block a contact',
        description:
          'Its mail is kept, and opens nothing: what it begins is closed spam, and it brings back nothing that is closed or in the trash.',
        answer: Contact,
        etag: true,
      },
      async (ctx) =>
        show(ctx, await change(ctx, (row) => (row.blocked_at ? null : { blocked_at: new Date() }))),
    ),
  );
  router.post(
    '/contacts/:id/unblock',
    user,
    keyed,
    operation({ summary: 'Unblock a contact', answer: Contact, etag: true }, async (ctx) =>
      show(ctx, await change(ctx, (row) => (row.blocked_at ? { blocked_at: null } : null))),
    ),
  );

  router.post(
    '/contacts/:id/merge',
    user,
    jsonBody,
    keyed,
    operation(
      {
        summary: 'Merge a contact into another',
        description:
          'Tickets, conversations and later mail of the first are the second’s too, which is answered; it is blocked when either was. Both have to be known through tickets or shared conversations: what is known through personal mail only stays where it is.',
        body: MergeBody,
        find,
        answer: Contact,
        refuses: { 409: 'It is known through personal mail only.' },
        etag: true,
      },
      async (ctx, { body: { into } }) => {
        const asking = ctx.state.user;
        const { id: from = '' } = ctx.params;
        const isSeen = (row: ContactRow | null) => row !== null && isSeenBy(row, asking);
        const done = { ...mergedContactsSeenBy(asking), _id: from, merged_into: into };
        // A repeated request finds it done.
        if (!(await models.Contact.exists(done)))
          await mergeContacts(models, asking.workspaceId, { from, into }, (first, second) => {
            if (!isSeen(first)) throw notFound();
            if (from === into) throw wrongInto('must be another one');
            if (!isSeen(second)) throw wrongInto('must be a contact that you can see');
            // Told by what all may know. Whom else's personal mail has them, nobody is to learn: also not by what is refused.
            if (!isEverybodys(first!.audiences))
              throw new Problem(
                409,
                'It is known through personal mail only: merged, everybody would see it.',
              );
            if (!isEverybodys(second!.audiences))
              throw wrongInto('is known through personal mail only: merged, everybody would see it');
          });
        return show(ctx, await findContact(deps, into, asking));
      },
    ),
  );
}

const wrongInto = (message: string) => wrongFields([{ field: 'into', message }]);

/** Words that a contact is found by; those of a former name stay while there is room. */
const MAX_WORDS = 200;

function isSeenBy({ audiences, merged_into }: ContactRow, user: ApiUser): boolean {
  const mine: string[] = contactsSeenBy(user).audiences.$in;
  return merged_into === undefined && audiences.some((audience) => mine.includes(audience));
}

/** @throws Problem 404; with `merged_into` where it was merged into one that they may see */
async function findContact(
  { models }: RouteDeps,
  id: string | undefined,
  user: ApiUser,
): Promise<ContactRow> {
  const row = await models.Contact.findOne({ ...contactsSeenBy(user), _id: id }).lean<ContactRow>();
  if (row) return row;
  const merged = await models.Contact.findOne({ ...mergedContactsSeenBy(user), _id: id }).lean<ContactRow>();
  const { merged_into } = merged ?? {};
  const into = merged_into && (await models.Contact.exists({ ...contactsSeenBy(user), _id: merged_into }));
  if (!into) throw notFound();
  throw new Problem(404, `It was merged into the contact ${merged_into}.`, { members: { merged_into } });
}
