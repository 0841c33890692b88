import type { z } from 'zod';
import { Message } from '../../core/presenters/message.ts';
import { showMessage, showThread } from '../../core/presenters/show.ts';
import { threadSchemas } from '../../core/presenters/thread.ts';
import { seenBy } from '../../core/presenters/visibility.ts';
import type { Order } from '../../core/replies/newReply.ts';
import { withFilesOf } from '../../core/replies/forwardedFiles.ts';
import { newThread } from '../../core/replies/newThread.ts';
import { threadsOf } from '../../core/threads/threads.ts';
import type { MessageRow } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import type { RouteDeps } from '../deps.ts';
import { ACTS, draftOf, NewConversationBody, NewTicketBody } from '../draft.ts';
import { actsOf } from '../messageActs.ts';
import { notFound } from '../problem.ts';
import { requestOf } from '../request.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { copyingDeps, saveAndStart } from '../saveAndStart.ts';
import { checkAgent } from '../threadChange.ts';
import { signalSent } from '../writeDraft.ts';

/** Opening a ticket or conversation by writing its first message. */
export function newThreadRoutes(
  route: AddWorkspaceRoute,
  deps: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  const { models } = deps;
  const Thread = threadSchemas[kind];

  route(
    {
      method: 'POST',
      path: `/${kind}s`,
      role: 'member',
      scope: 'write',
      summary: `Open a ${kind}`,
      description: `With its first message, which is sent when it can no longer be taken back. ${ACTS}`,
      body: kind === 'ticket' ? NewTicketBody : NewConversationBody,
      status: 202,
      answer: Thread.extend({ message: Message }).meta({ id: `Opened${Thread.meta()!.id}` }),
      idempotency: 'id from key',
    },
    async (ctx, { body }) => {
      const { user } = ctx.state;
      const { personal = null }: z.output<typeof NewConversationBody> = body;
      const draft = draftOf(body);
      const make = async (order: Order) => {
        const whole = await withFilesOf(copyingDeps(deps), order, body.attachments_of ?? null, seenBy(user));
        const opening = await newThread({ models, ...deps.config }, whole, kind, personal);
        await checkAgent(models, opening.row, body.agent_id, user);
        return opening;
      };
      const acts = actsOf(ctx, deps, undefined, { draft: body.draft, threadChange: null });
      const message = await saveAndStart(ctx, deps, requestOf(ctx, user), draft, make, acts);
      if (body.draft) await signalSent(models, body.draft, message);
      const filter = { ...seenBy(user), _id: message.thread_id };
      const row = await threadsOf(models, kind).findOne(filter).lean<ThreadRow>();
      if (!row) throw notFound();
      const thread = await showThread(row, kind, user, deps);
      return { ...thread, message: await showMessage(message, user, deps) };
    },
  );
}
