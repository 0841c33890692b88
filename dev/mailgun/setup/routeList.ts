import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { Header } from '../headers.ts';
import { JsonFile } from '../jsonFile.ts';
import { destinationsOf, parseAction, type Destination } from './action.ts';
import { match, parseExpression } from './expression.ts';

export interface Route {
  /** 24 hexadecimal digits. */
  id: string;
  /** Lower numbers first. */
  priority: number;
  description: string;
  expression: string;
  actions: string[];
  /** Milliseconds since 1970. */
  createdAt: number;
}

/** The account's routes, which apply to the mail of all domains. */
export class RouteList {
  readonly #file: JsonFile<Route>;
  #routes: Route[] = [];

  private constructor(file: JsonFile<Route>) {
    this.#file = file;
  }

  static async open(dataDir: string): Promise<RouteList> {
    const list = new RouteList(new JsonFile(path.join(dataDir, 'routes.json')));
    list.#routes = await list.#file.read();
    return list;
  }

  /** In the order in which they are applied. */
  get all(): Route[] {
    return this.#routes.toSorted((a, b) => a.priority - b.priority);
  }
  find(id: string): Route | undefined {
    return this.#routes.find((route) => route.id === id);
  }
  async add(route: Omit<Route, 'id' | 'createdAt'>): Promise<Route> {
    const added = { id: randomBytes(12).toString('hex'), ...route, createdAt: Date.now() };
    this.#routes.push(added);
    await this.#save();
    return added;
  }
  async change(route: Route, changes: Partial<Route>): Promise<void> {
    Object.assign(route, changes);
    await this.#save();
  }
  async remove(route: Route): Promise<void> {
    this.#routes = this.#routes.filter((other) => other !== route);
    await this.#save();
  }

  /** The first route for the address, without a mail: conditions on headers do not match. */
  firstFor(address: string): Route | undefined {
    return this.all.find((route) => match(parseExpression(route.expression) ?? [], address, null));
  }

  /** Where the routes send a mail for this recipient; null when none matches. */
  destinationsFor(recipient: string, headers: Header[]): Destination[] | null {
    const destinations: Destination[] = [];
    let isMatched = false;
    for (const route of this.all) {
      const conditions = parseExpression(route.expression) ?? [];
      if (isMatched && conditions.some(({ kind }) => kind === 'catch_all')) continue;
      const captures = match(conditions, recipient, headers);
      if (!captures) continue;
      isMatched = true;
      const actions = route.actions.flatMap((action) => parseAction(action) ?? []);
      destinations.push(...actions.flatMap((action) => destinationsOf(action, captures)));
      if (actions.some(({ kind }) => kind === 'stop')) break;
    }
    return isMatched ? destinations : null;
  }

  #save(): Promise<void> {
    return this.#file.save(() => this.#routes);
  }
}
