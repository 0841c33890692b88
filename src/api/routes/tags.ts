import { z } from 'zod';
import { seenBy } from '../../core/presenters/visibility.ts';
import { threadsOf } from '../../core/threads/threads.ts';
import type { RouteDeps } from '../deps.ts';
import type { AddWorkspaceRoute } from '../route.ts';

const MOST_TAGS = 1_000;

const Tags = z.object({
  data: z.array(z.object({ tag: z.string(), count: z.int() })),
});

/** `tags`: those that threads have. */
export function tagRoutes(route: AddWorkspaceRoute, { models }: RouteDeps): void {
  route(
    {
      method: 'GET',
      path: '/tags',
      role: 'member',
      scope: 'read',
      summary: 'List tags',
      description:
        `With the number of tickets and conversations that have them and that are neither spam nor in the ` +
        `trash. The ${MOST_TAGS} most frequent ones, most frequent first.`,
      answer: Tags,
    },
    async (ctx) => {
      // Only threads that have a tag: the others are not read.
      const tagged = { ...seenBy(ctx.state.user), hidden: null, tags: { $gt: '' } };
      const counts = await Promise.all(
        (['ticket', 'conversation'] as const).map((kind) =>
          threadsOf(models, kind).aggregate<{ _id: string; count: number }>([
            { $match: tagged },
            { $project: { tags: 1 } },
            { $unwind: '$tags' },
            { $group: { _id: '$tags', count: { $sum: 1 } } },
          ]),
        ),
      );
      const sums = new Map<string, number>();
      for (const { _id, count } of counts.flat()) sums.set(_id, (sums.get(_id) ?? 0) + count);
      const data = [...sums]
        .map(([tag, count]) => ({ tag, count }))
        .sort((one, other) => other.count - one.count || (one.tag < other.tag ? -1 : 1));
      return { data: data.slice(0, MOST_TAGS) };
    },
  );
}
