import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Config } from '../../infra/config.ts';
import { inboundWorkflowId } from '../../infra/temporal/ids.ts';
import type { ApiUser } from './visibility.ts';

/** A signed URL works for one to two hours: within an hour the same URL is made, so that browsers keep the file. */
const SIGNED_HOUR_S = 60 * 60;

/** The query of a signed URL. */
const SignedLink = z.object({
  workspace: z.string(),
  user: z.string(),
  /** Seconds since 1970. */
  expires: z.string().regex(/^\d{1,12}$/),
  signature: z.string(),
});

/** A thread's page in the dashboard. */
export const threadPageUrl = (publicUrl: string, kind: 'ticket' | 'conversation', id: string): string =>
  `${publicUrl}/${kind}s/${encodeURIComponent(id)}`;

/** Makes every absolute URL that the API returns. */
export type Links = ReturnType<typeof createLinks>;

export function createLinks(config: Pick<Config, 'publicUrl' | 'urlSecret' | 'temporal'>) {
  const workspaceUrl = (user: ApiUser) =>
    `${config.publicUrl}/api/v1/workspaces/${encodeURIComponent(user.workspaceId)}`;

  const sign = (...bound: string[]): string =>
    createHmac('sha256', config.urlSecret)
      .update(JSON.stringify(['file', ...bound]))
      .digest('base64url');

  return {
    attachment: (user: ApiUser, id: string): string =>
      `${workspaceUrl(user)}/attachments/${encodeURIComponent(id)}`,

    raw: (user: ApiUser, id: string): string =>
      `${workspaceUrl(user)}/inbound-emails/${encodeURIComponent(id)}/raw`,

    /** The run's page in the Temporal UI; null when no UI is configured. */
    workflow: (id: string, run: number): string | null => {
      const { uiUrl, namespace } = config.temporal;
      const workflow = encodeURIComponent(inboundWorkflowId(id, run));
      return uiUrl && `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${workflow}`;
    },

    /**
     * Opens one attachment for one user, for one to two hours and without a token, because an `<img>` cannot
     * send one.
     */
    signedFile: (user: ApiUser, id: string, now = Date.now()): string => {
      const hour = Math.floor(now / 1000 / SIGNED_HOUR_S);
      const expires = String((hour + 2) * SIGNED_HOUR_S);
      const signature = sign(user.workspaceId, user.userId, id, expires);
      const query = new URLSearchParams({
        workspace: user.workspaceId,
        user: user.userId,
        expires,
        signature,
      });
      return `${config.publicUrl}/files/${encodeURIComponent(id)}?${query.toString()}`;
    },

    /** Id of the file that a URL of ours shows, signed or not; null for any other URL. */
    fileOf: (user: ApiUser, url: string): string | null => {
      const bases = [`${config.publicUrl}/files/`, `${workspaceUrl(user)}/attachments/`];
      const base = bases.find((one) => url.startsWith(one));
      return base === undefined ? null : (/^[\w-]+/.exec(url.slice(base.length))?.[0] ?? null);
    },

    /** The user for whom a signed URL was made; null when the URL is forged, changed or expired. */
    openSigned: (
      id: string,
      query: unknown,
      now = Date.now(),
    ): { workspaceId: string; userId: string; secondsLeft: number } | null => {
      const link = SignedLink.safeParse(query);
      if (!link.success) return null;
      const { workspace, user, expires, signature } = link.data;
      const expected = Buffer.from(sign(workspace, user, id, expires));
      const given = Buffer.from(signature);
      const isGenuine = given.length === expected.length && timingSafeEqual(given, expected);
      const secondsLeft = Math.floor(Number(expires) - now / 1000);
      return isGenuine && secondsLeft >= 0 ? { workspaceId: workspace, userId: user, secondsLeft } : null;
    },
  };
}
