import { z } from 'zod';
import { Contact } from '../../core/presenters/contact.ts';
import { audiencesOf, type ApiUser } from '../../core/presenters/visibility.ts';
import { isEverybodys } from '../../core/threads/audiences.ts';
import { mergeContacts } from '../../core/threads/mergeContacts.ts';
import type { ContactRow } from '../../infra/models/index.ts';
import type { RouteDeps } from '../deps.ts';
import { findContact, findContactOrMerged } from '../findContact.ts';
import { notFound, Problem, wrongFields } from '../problem.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { showContact } from '../showContact.ts';

const MergeBody = z.strictObject({ into: z.string('must be the id of another contact') });

const PERSONAL = 'It is known through personal mail only. A merge would show it to everybody.';

/** `contacts/{id}/merge`. */
export function contactMergeRoutes(route: AddWorkspaceRoute, { models }: RouteDeps): void {
  route(
    {
      method: 'POST',
      path: '/contacts/:id/merge',
      role: 'member',
      scope: 'write',
      summary: 'Merge a contact into another',
      description:
        'Moves tickets, conversations and later mail of the first contact to the second, which is the ' +
        'answer. The second is blocked if either was. Both must be known through tickets or shared ' +
        'conversations: a contact that is known through personal mail only cannot be merged.',
      body: MergeBody,
      answer: Contact,
      idempotency: 'answer kept',
      refuses: { 409: PERSONAL },
      etag: true,
      // Also a contact that was merged: a repeated request succeeds.
      find: ({ params, state }) => findContactOrMerged(models, params.id, state.user),
    },
    async (ctx, { row, body: { into } }) => {
      const { user } = ctx.state;
      const ids = { from: row._id, into };
      if (row.merged_into !== into)
        await mergeContacts(models, user.workspaceId, ids, (first, second) =>
          checkMerge(first, second, ids, user),
        );
      return showContact(ctx, models, await findContact(models, into, user));
    },
  );
}

/** Whether the user sees both contacts, and everybody else does too. @throws Problem 404, 409, 422 */
function checkMerge(
  first: ContactRow | null,
  second: ContactRow | null,
  { from, into }: { from: string; into: string },
  user: ApiUser,
): void {
  if (!isSeenBy(first, user)) throw notFound();
  if (from === into) throw wrongInto('must be another contact');
  if (!isSeenBy(second, user)) throw wrongInto('must be a contact that you can see');
  // Only what everybody knows decides. The user must not learn whose personal mail has the contacts, not even
  // from a refusal.
  if (!isEverybodys(first.audiences)) throw new Problem(409, PERSONAL);
  if (!isEverybodys(second.audiences))
    throw wrongInto('is known through personal mail only: a merge would show it to everybody');
}

const wrongInto = (message: string) => wrongFields([{ field: 'into', message }]);

function isSeenBy(row: ContactRow | null, user: ApiUser): row is ContactRow {
  const audiences: string[] = audiencesOf(user);
  return (
    row !== null &&
    row.merged_into === undefined &&
    row.audiences.some((audience) => audiences.includes(audience))
  );
}
