import { z } from 'zod';
import type { NotificationRow } from '../../infra/models/index.ts';
import type { Authenticate } from '../auth.ts';
import { jsonBody } from '../body.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { idempotent } from '../idempotent.ts';
import { operation } from '../operation.ts';
import { ListQuery, readPage } from '../paging.ts';
import { Notification, presentNotification } from '../../core/presenters/notification.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import type { ApiUser } from '../../core/presenters/visibility.ts';

const NotificationsQuery = ListQuery.extend({
  unread: z.enum(['true'], 'must be "true"').optional().meta({ description: 'Leaves out what was read.' }),
});
const ReadBody = z.union(
  [z.strictObject({ ids: z.array(z.string()).min(1).max(1_000) }), z.strictObject({ all: z.literal(true) })],
  'must be {"ids": [up to 1000 ids]} or {"all": true}',
);
const ReadAnswer = z.object({ read: z.int().meta({ description: 'How many were not read before.' }) });
const Settings = z
  .object({ mail: z.boolean().meta({ description: 'They come by mail too.' }) })
  .meta({ id: 'NotificationSettings' });
const SettingsBody = z.strictObject({ mail: z.boolean('must be true or false') });

/** `notifications`: what the user is told. All of it is the user's own. */
export function notificationRoutes(router: ApiRouter, user: Authenticate, deps: RouteDeps): void {
  const { models } = deps;
  const mine = ({ workspaceId, userId }: ApiUser) => ({ workspace_id: workspaceId, user_id: userId });

  router.get(
    '/notifications',
    user,
    operation(
      {
        summary: 'List notifications',
        description: 'One’s own, of the last 90 days.',
        query: NotificationsQuery,
        answer: pageOf(Notification),
      },
      async (ctx, { query: { unread, ...query } }) => {
        const wanted = { ...mine(ctx.state.user), ...(unread && { read_at: null }) };
        const page = await readPage<NotificationRow>(models.Notification, wanted, query, {
          order: 'newest first',
        });
        return { data: page.rows.map(presentNotification), next_cursor: page.next_cursor };
      },
    ),
  );

  router.post(
    '/notifications/read',
    user,
    jsonBody,
    idempotent(deps),
    operation(
      { summary: 'Mark notifications as read', body: ReadBody, answer: ReadAnswer },
      async (ctx, { body }) => {
        const { modifiedCount } = await models.Notification.updateMany(
          { ...mine(ctx.state.user), read_at: null, ...('ids' in body && { _id: { $in: body.ids } }) },
          { $set: { read_at: new Date() } },
        );
        return { read: modifiedCount };
      },
    ),
  );

  router.get(
    '/notifications/settings',
    user,
    operation(
      { summary: 'Read the settings of notifications', description: 'One’s own.', answer: Settings },
      async (ctx) => {
        const member = await models.Member.findOne(mine(ctx.state.user), { notify_by_mail: 1 }).lean();
        return { mail: member?.notify_by_mail ?? false };
      },
    ),
  );

  router.patch(
    '/notifications/settings',
    user,
    jsonBody,
    operation(
      {
        summary: 'Change the settings of notifications',
        description: 'One’s own.',
        body: SettingsBody,
        answer: Settings,
      },
      async (ctx, { body: { mail } }) => {
        await models.Member.updateOne(mine(ctx.state.user), { $set: { notify_by_mail: mail } });
        return { mail };
      },
    ),
  );
}
