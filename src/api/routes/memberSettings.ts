import { z } from 'zod';
import type { ApiUser } from '../../core/presenters/visibility.ts';
import { ROLES, THEMES, type MemberSettings } from '../../infra/models/workspace.ts';
import type { MemberRow, Models, UserRow } from '../../infra/models/index.ts';
import type { RouteDeps } from '../deps.ts';
import { OneLine } from '../fields.ts';
import { notFound } from '../problem.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { Html, safeTexts } from '../safeHtml.ts';

const flag = z.boolean('must be true or false');
const Me = z
  .object({
    id: z.string(),
    email: z.string(),
    name: z.string(),
    role: z.enum(ROLES),
    signature: z
      .string()
      .nullable()
      .meta({ description: 'HTML that the page puts below what you write. Sanitised.' }),
    keys_on: z.boolean().meta({ description: 'Keys of the page work.' }),
    next_after_close: z.boolean().meta({ description: 'After a thread is closed the next one opens.' }),
    theme: z.enum(THEMES),
    notifications: z.object({
      mail: z.boolean().meta({ description: 'Notifications are also sent by mail.' }),
      desktop: z.boolean().meta({ description: 'Notices of the browser while the page is open.' }),
    }),
  })
  .meta({ id: 'Me' });
const MeBody = z
  .strictObject({
    name: OneLine(200).refine((name) => name !== '', 'must not be empty'),
    signature: Html.nullable(),
    keys_on: flag,
    next_after_close: flag,
    theme: z.enum(THEMES, 'must be "system", "light" or "dark"'),
    notifications: z.strictObject({ mail: flag, desktop: flag }).partial(),
  })
  .partial();

const DEFAULTS: MemberSettings = {
  signature: null,
  keys_on: true,
  next_after_close: true,
  theme: 'system',
  desktop_notices: false,
};

/** `members/me`: how the page works for the user. Before `members/{id}`, whose path it fits too. */
export function memberSettingsRoutes(route: AddWorkspaceRoute, deps: RouteDeps): void {
  const { models } = deps;
  route(
    {
      method: 'GET',
      path: '/members/me',
      role: 'member',
      scope: 'read',
      summary: 'Read my settings',
      answer: Me,
    },
    (ctx) => showMe(models, ctx.state.user),
  );

  route(
    {
      method: 'PATCH',
      path: '/members/me',
      role: 'member',
      scope: 'write',
      summary: 'Change my settings',
      description: 'The name is yours in every workspace, the rest in this one.',
      body: MeBody,
      answer: Me,
    },
    async (ctx, { body: { name, notifications = {}, signature, ...plain } }) => {
      const { user } = ctx.state;
      const html = signature?.trim() ? (await safeTexts(ctx, deps, { html: signature })).html : null;
      const settings: Partial<MemberSettings> = {
        ...plain,
        ...(signature !== undefined && { signature: html }),
        ...(notifications.desktop !== undefined && { desktop_notices: notifications.desktop }),
      };
      const set = Object.fromEntries(
        Object.entries<unknown>(settings)
          .filter(([, value]) => value !== undefined)
          .map(([field, value]) => [`settings.${field}`, value]),
      );
      if (notifications.mail !== undefined) set.notify_by_mail = notifications.mail;
      if (Object.keys(set).length > 0) await models.Member.updateOne(ownRow(user), { $set: set });
      if (name !== undefined) await models.User.updateOne({ _id: user.userId }, { $set: { name } });
      return showMe(models, user);
    },
  );
}

const ownRow = ({ workspaceId, userId }: ApiUser) => ({ workspace_id: workspaceId, user_id: userId });

async function showMe(models: Models, user: ApiUser): Promise<z.input<typeof Me>> {
  const [member, person] = await Promise.all([
    models.Member.findOne(ownRow(user)).lean<MemberRow>(),
    models.User.findById(user.userId).lean<UserRow>(),
  ]);
  // Removed at this moment.
  if (!member || !person) throw notFound();
  const { desktop_notices, ...settings } = { ...DEFAULTS, ...member.settings };
  return {
    id: person._id,
    email: person.email,
    name: person.name,
    role: member.role,
    ...settings,
    notifications: { mail: member.notify_by_mail, desktop: desktop_notices },
  };
}
