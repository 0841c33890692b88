/**
 * A queue of groups that take turns: however much one group has added, an item of another one waits for at most
 * one item of each group.
 */
export class FairQueue<T> {
  /** A map keeps the order in which its keys were added: the group whose turn is next is the first. */
  readonly #groups = new Map<string, T[]>();

  push(group: string, item: T): void {
    const items = this.#groups.get(group);
    if (items) items.push(item);
    else this.#groups.set(group, [item]);
  }

  shift(): T | undefined {
    for (const [group, items] of this.#groups) {
      const item = items.shift();
      this.#groups.delete(group);
      if (items.length > 0) this.#groups.set(group, items);
      return item;
    }
    return undefined;
  }
}
