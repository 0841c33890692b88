/** A route as we want it, or as the account has it. */
export interface Route {
  /** Lower first. */
  priority: number;
  description: string;
  expression: string;
  actions: string[];
}

/** The host, and a path where there is one: http or https, it is the same installation. */
export function placeOf(publicUrl: string): string {
  const { host, pathname } = new URL(publicUrl);
  return `${host}${pathname}`.replace(/\/+$/, '');
}

const sign = (publicUrl: string): string => `Postroom at ${placeOf(publicUrl)}: `;

/**
 * The route that posts mail of the domain to our webhook as raw MIME, the most faithful form, and lets no
 * other route see it.
 */
export function ourRoute(domain: string, publicUrl: string): Route {
  return {
    // The first that there is: routes that people make without a word have it too, catch-alls are best given
    // a higher number.
    priority: 0,
    description: sign(publicUrl) + domain,
    expression: `match_recipient("^.*@${domain.replace(/[^a-z0-9-]/gi, '\\$&')}$")`,
    actions: [`forward("${publicUrl}/webhooks/mailgun/inbound/mime")`, 'stop()'],
  };
}

/** @returns the domain of a route that this installation made; null for any other. */
export const domainOfOurs = ({ description }: Route, publicUrl: string): string | null =>
  description.startsWith(sign(publicUrl)) ? description.slice(sign(publicUrl).length) : null;

export const isSame = (one: Route, other: Route): boolean =>
  one.priority === other.priority &&
  one.description === other.description &&
  one.expression === other.expression &&
  one.actions.length === other.actions.length &&
  one.actions.every((action, index) => action === other.actions[index]);
