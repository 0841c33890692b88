import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { allowImages, askAgain } from '../../core/presenters/imageSenders.ts';
import { pageOf, Time } from '../../core/presenters/schemas.ts';
import type { ImageSenderRow } from '../../infra/models/index.ts';
import { normaliseAddress } from '../../mail/addresses.ts';
import type { ApiState } from '../auth.ts';
import type { RouteDeps } from '../deps.ts';
import { ListQuery, readPage } from '../paging.ts';
import { notFound } from '../problem.ts';
import type { AddWorkspaceRoute } from '../route.ts';

const ImageSender = z
  .object({ address: z.string(), created_at: Time })
  .meta({ id: 'ImageSender', description: 'Remote images in mail of this address are shown at once.' });

const present = ({ address, created_at }: ImageSenderRow): z.input<typeof ImageSender> => ({
  address,
  created_at,
});

/** `members/me/image-senders`: the senders whose remote images the user wants to see without being asked. */
export function imageSenderRoutes(route: AddWorkspaceRoute, { models }: RouteDeps): void {
  const path = '/members/me/image-senders';
  /** @throws Problem 404 when it is not an address */
  const find = ({ params }: RouterContext<ApiState>): Promise<string> => {
    const address = normaliseAddress(params.address ?? '');
    return address === null ? Promise.reject(notFound()) : Promise.resolve(address);
  };

  route(
    {
      method: 'GET',
      path,
      role: 'member',
      scope: 'read',
      summary: 'List my image senders',
      query: ListQuery,
      answer: pageOf(ImageSender),
    },
    async (ctx, { query }) => {
      const { workspaceId: workspace_id, userId: user_id } = ctx.state.user;
      const filter = { workspace_id, user_id };
      const page = await readPage<ImageSenderRow>(models.ImageSender, filter, query, {
        order: 'newest first',
      });
      return { data: page.rows.map(present), next_cursor: page.next_cursor };
    },
  );

  route(
    {
      method: 'PUT',
      path: `${path}/:address`,
      role: 'member',
      scope: 'write',
      summary: 'Add an image sender',
      answer: ImageSender,
      find,
    },
    async (ctx, { row: address }) => present(await allowImages(models, ctx.state.user, address)),
  );

  route(
    {
      method: 'DELETE',
      path: `${path}/:address`,
      role: 'member',
      scope: 'write',
      summary: 'Remove an image sender',
      find,
    },
    async (ctx, { row: address }) => {
      if (!(await askAgain(models, ctx.state.user, address))) throw notFound();
    },
  );
}
