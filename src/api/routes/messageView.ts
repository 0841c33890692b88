import { z } from 'zod';
import { fillImages } from '../../core/presenters/message.ts';
import { seenBy } from '../../core/presenters/visibility.ts';
import type { AttachmentRow, MessageRow } from '../../infra/models/index.ts';
import { hasOwnColours, remoteImages } from '../../mail/html.ts';
import { foldMessage } from '../../mail/quotes.ts';
import { viewDocument, viewPolicy } from '../../mail/viewDocument.ts';
import type { RouteDeps } from '../deps.ts';
import { messageFinder } from '../findMessage.ts';
import type { AddWorkspaceRoute } from '../route.ts';

const flag = z.enum(['0', '1'], 'must be "0" or "1"').default('0');
const ViewQuery = z.strictObject({
  images: flag.meta({ description: '`1`: images of other servers are loaded.' }),
  quote: flag.meta({ description: '`1`: quotes and signatures are shown.' }),
  theme: z
    .enum(['light', 'dark'], 'must be "light" or "dark"')
    .optional()
    .meta({ description: 'Of the page around it. By default what the browser prefers.' }),
});

/** Below a ticket or conversation: a message as a page, for a frame. */
export function messageViewRoutes(
  route: AddWorkspaceRoute,
  { models, links }: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  route(
    {
      method: 'GET',
      path: `/${kind}s/:id/messages/:message_id/view`,
      role: 'member',
      scope: 'read',
      summary: `View a message of a ${kind}`,
      description:
        'An HTML document for a frame in a page of the same origin, with a policy of its own: nothing runs ' +
        'in it, and it loads only what the query allows. `X-Quoted: true`: it has quotes to fold. ' +
        '`X-Remote-Images`: how many images it has on other servers.',
      query: ViewQuery,
      streams: ['text/html'],
      find: messageFinder(models, kind),
    },
    async (ctx, { row, query }) => {
      const { user } = ctx.state;
      const attachments = await models.Attachment.find({ message_id: row._id, ...seenBy(user) })
        .sort({ position: 1 })
        .lean<AttachmentRow[]>();
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
}
