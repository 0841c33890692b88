import { z } from 'zod';
import { Notification, showNotifications } from '../../core/presenters/notification.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import type { ApiUser } from '../../core/presenters/visibility.ts';
import type { NotificationRow } from '../../infra/models/index.ts';
import type { RouteDeps } from '../deps.ts';
import { ListQuery, readPage } from '../paging.ts';
import type { AddWorkspaceRoute } from '../route.ts';

const NotificationsQuery = ListQuery.extend({
  unread: z
    .enum(['true'], 'must be "true"')
    .optional()
    .meta({ description: 'Leaves out notifications that were read.' }),
});
const ReadBody = z.union(
  [z.strictObject({ ids: z.array(z.string()).min(1).max(1_000) }), z.strictObject({ all: z.literal(true) })],
  'must be {"ids": [up to 1000 ids]} or {"all": true}',
);
const ReadAnswer = z.object({
  read: z.int().meta({ description: 'How many notifications were unread before.' }),
});
const Settings = z
  .object({ mail: z.boolean().meta({ description: 'Whether notifications are also sent by mail.' }) })
  .meta({ id: 'NotificationSettings' });
const SettingsBody = z.strictObject({ mail: z.boolean('must be true or false') });

/** `notifications` of the user; nobody else sees or changes them. */
export function notificationRoutes(route: AddWorkspaceRoute, { models }: RouteDeps): void {
  const ownOf = ({ workspaceId, userId }: ApiUser) => ({ workspace_id: workspaceId, user_id: userId });

  route(
    {
      method: 'GET',
      path: '/notifications',
      role: 'member',
      scope: 'read',
      summary: 'List notifications',
      description: 'The user’s own notifications of the last 90 days.',
      query: NotificationsQuery,
      answer: pageOf(Notification),
    },
    async (ctx, { query: { unread, ...query } }) => {
      const filter = { ...ownOf(ctx.state.user), ...(unread && { read_at: null }) };
      const page = await readPage<NotificationRow>(models.Notification, filter, query, {
        order: 'newest first',
        isLarge: true,
      });
      const data = await showNotifications(models, page.rows, ctx.state.user);
      return { data, next_cursor: page.next_cursor };
    },
  );

  route(
    {
      method: 'POST',
      path: '/notifications/read',
      role: 'member',
      scope: 'write',
      summary: 'Mark notifications as read',
      body: ReadBody,
      answer: ReadAnswer,
      idempotency: 'answer kept',
    },
    async (ctx, { body }) => {
      const { modifiedCount } = await models.Notification.updateMany(
        { ...ownOf(ctx.state.user), read_at: null, ...('ids' in body && { _id: { $in: body.ids } }) },
        { $set: { read_at: new Date() } },
      );
      return { read: modifiedCount };
    },
  );

  route(
    {
      method: 'GET',
      path: '/notifications/settings',
      role: 'member',
      scope: 'read',
      summary: 'Read the settings of notifications',
      description: 'The user’s own settings.',
      answer: Settings,
    },
    async (ctx) => {
      const member = await models.Member.findOne(ownOf(ctx.state.user), { notify_by_mail: 1 }).lean();
      return { mail: member?.notify_by_mail ?? false };
    },
  );

  route(
    {
      method: 'PATCH',
      path: '/notifications/settings',
      role: 'member',
      scope: 'write',
      summary: 'Change the settings of notifications',
      description: 'The user’s own settings.',
      body: SettingsBody,
      answer: Settings,
    },
    async (ctx, { body: { mail } }) => {
      await models.Member.updateOne(ownOf(ctx.state.user), { $set: { notify_by_mail: mail } });
      return { mail };
    },
  );
}
