import { z } from 'zod';
import { fillImages } from '../../core/presenters/message.ts';
import { seenBy, type ApiUser } from '../../core/presenters/visibility.ts';
import type { AttachmentRow, MessageRow } from '../../infra/models/index.ts';
import { hasOwnColours, remoteImages } from '../../mail/html.ts';
import { foldMessage } from '../../mail/quotes.ts';
import { viewDocument, viewPolicy } from '../../mail/viewDocument.ts';
import type { RouteDeps } from '../deps.ts';
import { sendStream } from '../download.ts';
import { messageFinder, messageInTrashTooFinder } from '../findMessage.ts';
import { Problem } from '../problem.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { zipOf } from '../zip.ts';

const flag = z.enum(['0', '1'], 'must be "0" or "1"').default('0');
const ViewQuery = z.strictObject({
  images: flag.meta({ description: '`1`: images of other servers are loaded.' }),
  quote: flag.meta({ description: '`1`: quotes and signatures are shown.' }),
  theme: z
    .enum(['light', 'dark'], 'must be "light" or "dark"')
    .optional()
    .meta({ description: 'Of the page around it. By default what the browser prefers.' }),
});

/** Below a ticket or conversation: a message as a page, for a frame; and its files in one archive. */
export function messageViewRoutes(
  route: AddWorkspaceRoute,
  { models, links, storage }: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  const path = `/${kind}s/:id/messages/:message_id`;
  const find = messageFinder(models, kind);
  const filesOf = ({ _id }: MessageRow, user: ApiUser) =>
    models.Attachment.find({ message_id: _id, ...seenBy(user) })
      .sort({ position: 1 })
      .lean<AttachmentRow[]>();

  route(
    {
      method: 'GET',
      path: `${path}/view`,
      role: 'member',
      scope: 'read',
      summary: `View a message of a ${kind}`,
      description:
        'An HTML document for a frame in a page of the same origin, with a policy of its own: nothing runs ' +
        'in it, and it loads only what the query allows. `X-Quoted: true`: it has quotes to fold. ' +
        '`X-Remote-Images`: how many images it has on other servers.',
      query: ViewQuery,
      streams: ['text/html'],
      find: messageInTrashTooFinder(models, kind),
    },
    async (ctx, { row, query }) => {
      const { user } = ctx.state;
      const attachments = await filesOf(row, user);
      const folded = foldMessage(row);
      const source = query.quote === '1' ? (row.html ?? row.text) : folded.shown;
      const isHtml = row.html !== null;
      const content = isHtml ? fillImages(source, attachments, user, links) : source;
      const images = query.images === '1';
      const ownColours = hasOwnColours(row.html ?? '');
      ctx.set('Content-Security-Policy', viewPolicy(images));
      ctx.set('X-Frame-Options', 'SAMEORIGIN');
      ctx.set('X-Content-Type-Options', 'nosniff');
      ctx.set('Referrer-Policy', 'no-referrer');
      // It may be personal, and its images may arrive after it.
      ctx.set('Cache-Control', 'private, no-cache');
      ctx.set('X-Quoted', String(folded.folds));
      ctx.set('X-Remote-Images', String(remoteImages(row.html ?? '')));
      ctx.type = 'html';
      ctx.body = viewDocument(
        { subject: row.subject, content, isHtml, ownColours },
        { images, theme: query.theme },
      );
    },
  );

  route(
    {
      method: 'GET',
      path: `${path}/attachments.zip`,
      role: 'member',
      scope: 'read',
      summary: `Download the files of a message of a ${kind}`,
      description: 'All in one archive. For files that are not stored, a text in it says why.',
      streams: ['application/zip'],
      refuses: {
        404: 'Or the message has no files.',
        409: 'A file is still being fetched: try again after the time in `Retry-After`.',
      },
      find,
    },
    async (ctx, { row }) => {
      const files = await filesOf(row, ctx.state.user);
      if (files.length === 0) throw new Problem(404, 'This message has no files.');
      if (files.some(({ state }) => state === 'pending'))
        throw new Problem(409, 'A file of this message is still being fetched. Try again.', {
          headers: { 'Retry-After': '2' },
        });
      const file = { filename: `${row.subject || 'Files'}.zip`, contentType: 'application/zip' };
      sendStream(ctx, zipOf(files, storage), file);
    },
  );
}
