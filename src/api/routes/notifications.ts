import { z } from 'zod';
import type { NotificationRow } from '../../models/index.ts';
import type { Authenticate } from '../auth.ts';
import { jsonBody, readBody } from '../body.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { idempotent } from '../idempotent.ts';
import { ListQuery, readPage } from '../paging.ts';
import { presentNotification } from '../presenters/notification.ts';
import { readQuery } from '../query.ts';

const NotificationsQuery = ListQuery.extend({
  unread: z.enum(['true'], 'must be "true"').optional(),
});
const ReadBody = z.union(
  [z.strictObject({ ids: z.array(z.string()).min(1).max(1_000) }), z.strictObject({ all: z.literal(true) })],
  'must be {"ids": [up to 1000 ids]} or {"all": true}',
);
const SettingsBody = z.strictObject({ mail: z.boolean('must be true or false') });

/**
 * `notifications`: what the user is told, newest first; `?unread=true` leaves out what was read. `POST notifications/read {ids}` or
 * `{all: true}` marks them read. `notifications/settings {mail}`: whether they come by mail too. All of it is the user's own.
 */
export function notificationRoutes(router: ApiRouter, user: Authenticate, deps: RouteDeps): void {
  const { models } = deps;

  router.get('/notifications', user, async (ctx) => {
    const { unread, ...query } = readQuery(ctx.query, NotificationsQuery);
    const { workspaceId: workspace_id, userId: user_id } = ctx.state.user;
    const mine = { workspace_id, user_id, ...(unread && { read_at: null }) };
    const page = await readPage<NotificationRow>(models.Notification, mine, query, { order: 'newest first' });
    ctx.body = { data: page.rows.map(presentNotification), next_cursor: page.next_cursor };
  });

  router.post('/notifications/read', user, jsonBody, idempotent(deps), async (ctx) => {
    const body = readBody(ctx, ReadBody);
    const { workspaceId: workspace_id, userId: user_id } = ctx.state.user;
    const { modifiedCount } = await models.Notification.updateMany(
      { workspace_id, user_id, read_at: null, ...('ids' in body && { _id: { $in: body.ids } }) },
      { $set: { read_at: new Date() } },
    );
    ctx.body = { read: modifiedCount };
  });

  router.get('/notifications/settings', user, async (ctx) => {
    const { workspaceId: workspace_id, userId: user_id } = ctx.state.user;
    const member = await models.Member.findOne({ workspace_id, user_id }, { notify_by_mail: 1 }).lean();
    ctx.body = { mail: member?.notify_by_mail ?? false };
  });

  router.patch('/notifications/settings', user, jsonBody, async (ctx) => {
    const { mail } = readBody(ctx, SettingsBody);
    const { workspaceId: workspace_id, userId: user_id } = ctx.state.user;
    await models.Member.updateOne({ workspace_id, user_id }, { $set: { notify_by_mail: mail } });
    ctx.body = { mail };
  });
}
