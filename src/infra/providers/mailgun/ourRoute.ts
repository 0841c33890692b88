/** A route, as we want it or as the account has it. */
export interface Route {
  /** Lower first. */
  priority: number;
  description: string;
  expression: string;
  actions: string[];
}

/** Host and path of an installation, without the scheme: http and https are the same installation. */
export function placeOf(publicUrl: string): string {
  const { host, pathname } = new URL(publicUrl);
  return `${host}${pathname}`.replace(/\/+$/, '');
}

const sign = (publicUrl: string): string => `Postroom at ${placeOf(publicUrl)}: `;

/**
 * The route that posts mail of the domain to our webhook, as raw MIME, which loses nothing of the mail. It
 * stops, so that no other route handles the mail.
 */
export function ourRoute(domain: string, publicUrl: string): Route {
  return {
    // The highest priority. Routes that people make have it too by default; catch-alls should have a higher
    // number.
    priority: 0,
    description: sign(publicUrl) + domain,
    expression: `match_recipient("^.*@${domain.replace(/[^a-z0-9-]/gi, '\\$&')}$")`,
    actions: [`forward("${publicUrl}/webhooks/mailgun/inbound/mime")`, 'stop()'],
  };
}

/** @returns the domain of a route that this installation made; null for any other route. */
export const domainOfOurs = ({ description }: Route, publicUrl: string): string | null =>
  description.startsWith(sign(publicUrl)) ? description.slice(sign(publicUrl).length) : null;

export const isSame = (one: Route, other: Route): boolean =>
  one.priority === other.priority &&
  one.description === other.description &&
  one.expression === other.expression &&
  one.actions.length === other.actions.length &&
  one.actions.every((action, index) => action === other.actions[index]);
