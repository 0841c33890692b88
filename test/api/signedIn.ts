import { hashPassword } from '../../src/core/access/passwords.ts';
import type { World } from './world.ts';

export const PASSWORD = 'correct horse battery staple';

/** A simple browser: it keeps one cookie, and its pages are of our site. */
export class Browser {
  cookie = '';
  readonly #url: string;
  constructor({ url }: Pick<World, 'url'>) {
    this.#url = `${url}/api/v1`;
  }
  async ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        'sec-fetch-site': 'same-origin',
        ...(this.cookie && { cookie: this.cookie }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const [set] = answer.headers.getSetCookie();
    if (set !== undefined) this.cookie = set.split(';')[0] ?? '';
    return answer;
  }
  signIn(email: string, password = PASSWORD): Promise<Response> {
    return this.ask('POST', '/sessions', { email, password });
  }
}

/** Sets the password above for a user of the world, and signs them in. */
export async function signedIn(world: World, user: keyof World['tokens']): Promise<Browser> {
  const password_hash = await hashPassword(PASSWORD);
  await world.models.User.updateOne({ _id: user }, { $set: { password_hash, proved_at: new Date() } });
  const browser = new Browser(world);
  await browser.signIn(`${user}@people.test`);
  return browser;
}
