import { tellOtherTabs, type DraftNews } from '../../lib/draftNews.ts';
import { keys } from '../../lib/keys.ts';
import { Problem, sentence } from '../../lib/problem.ts';
import { queryClient } from '../../lib/query.ts';
import { rereadCounts } from '../../lib/reread.ts';
import { keep, recall } from '../../lib/storage.ts';
import { isBlank, type Draft } from './draft.ts';
import type { Local, Sending, State } from './keeping.ts';
import {
  deleteDraft,
  draftOf,
  placeKey,
  readDraft,
  readDraftById,
  writeDraft,
  type DraftRow,
  type Place,
} from './draftApi.ts';

const REST_MS = 700;
const RETRY_MS = 5_000;
/** The most that sending waits for the last save. */
const SAVE_MS = 2_000;

/**
 * Keeps one draft: in this browser with every key, on the server when the agent rests. Writes go one after the other, so
 * that a deletion never overtakes a save; what the server did not take stays here and is sent again.
 */
export class DraftKeeper {
  state: State = { draft: null, save: 'none' };
  /** The server's id; null: the server has none. */
  id: string | null = null;
  /** When the server's was saved: what came later the agent may not have seen. */
  savedAt: string | null = null;
  private readonly listeners = new Set<() => void>();
  private readonly workspace: string;
  private readonly place: Place;
  private readonly key: string;
  private chain: Promise<void> = Promise.resolve();
  private isDirty = false;
  isSending = false;
  /** What the agent wants to write when this is sent. */
  private next: (() => void) | null = null;
  private saves = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private loading: Promise<void> | null = null;

  constructor(workspace: string, place: Place) {
    this.workspace = workspace;
    this.place = place;
    this.key = placeKey(workspace, place);
    addEventListener('online', () => void this.flush());
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  isShown = (): boolean => this.listeners.size > 0;

  isMeant({ workspace, thread, id }: DraftNews): boolean {
    if (workspace !== this.workspace) return false;
    if (thread !== undefined) return thread === (this.place.thread?.id ?? null);
    // One that this page does not know may be of any place that is shown.
    return this.id === id || (this.id === null && this.isShown());
  }

  /** Reads what there is, once. What did not reach the server from here wins. */
  load(): Promise<void> {
    return (this.loading ??= this.readBoth());
  }

  private async readBoth(): Promise<void> {
    const local = recall<Local | null>(this.key, null);
    if (local) {
      this.id = local.id;
      this.isDirty = true;
      this.set({ draft: local.draft, save: 'kept' });
      return this.flush();
    }
    try {
      const row = await readDraft(this.workspace, this.place);
      // The agent may have begun to write meanwhile.
      if (row && this.state.draft === null) this.adopt(row);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.loading = null;
    }
  }

  /** Takes a draft from the server, as after an undo. */
  adopt(row: DraftRow): void {
    const before = row.id === this.id ? this.state.draft : null;
    this.known(row);
    const draft = draftOf(row);
    // The server does not keep these.
    const kept = before && { after: before.after, isSigned: before.isSigned, changes: before.changes };
    this.set({ draft: { ...draft, ...kept }, save: 'saved' });
  }

  /** Reads again what another tab or device may have written, unless something waits here to be saved. */
  refresh(): Promise<void> {
    if (this.loading === null) return Promise.resolve();
    this.chain = this.chain.then(() => this.readAgain());
    return this.chain;
  }

  private async readAgain(): Promise<void> {
    // Nothing of what is written here and not saved may go.
    if (this.isBusy() || (this.state.draft !== null && this.id === null)) return;
    try {
      const row =
        this.id !== null && this.place.thread === null
          ? await readDraftById(this.workspace, this.id)
          : await readDraft(this.workspace, this.place);
      if (this.isBusy()) return;
      if (row !== null && row.updated_at !== this.savedAt) this.adopt(row);
      else if (row === null && this.id !== null) this.forget();
    } catch (error) {
      // It is read again at the next occasion.
      if (!(error instanceof Problem)) throw error;
    }
  }

  /** Takes another draft of a new thread than the one that is here, which the server keeps. */
  async open(id: string): Promise<void> {
    if (this.id === id || !(await this.putAside())) return;
    const row = await readDraftById(this.workspace, id).catch(() => null);
    if (row) this.adopt(row);
  }

  /** Leaves the draft to the server, so that another can be begun. @returns false: it is not safe there yet */
  async putAside(): Promise<boolean> {
    await this.load();
    await this.flush();
    if (this.hasMore()) return false;
    this.forget();
    return true;
  }

  /** After an undo: the text as it was here, in the draft that the server has again. */
  takeBack(draft: Draft, row: DraftRow | null): void {
    this.id = row?.id ?? null;
    this.savedAt = row?.updated_at ?? null;
    this.change(draft);
  }

  private known({ id, updated_at }: DraftRow): void {
    this.id = id;
    this.savedAt = updated_at;
  }

  change(draft: Draft): void {
    this.set({ draft, save: this.state.save });
    if (isBlank(draft) && this.id === null) return keep(this.key, null);
    this.isDirty = true;
    keep(this.key, { draft, id: this.id } satisfies Local);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), REST_MS);
  }

  /** Saves now what is not saved. Resolves when the server has answered, or is known to be away. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.chain = this.chain.then(() => this.save());
    return this.chain;
  }

  private async save(): Promise<void> {
    const { draft } = this.state;
    if (!this.isDirty || draft === null) return;
    this.isDirty = false;
    this.set({ draft, save: 'saving' });
    try {
      const row = await writeDraft(this.workspace, this.place, this.id, draft);
      this.known(row);
      this.saves += 1;
      this.tell();
      // A key may have been pressed while it was saved.
      if (this.hasMore()) return;
      keep(this.key, null);
      this.set({ ...this.state, save: 'saved' });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.refusedBy(error);
    }
  }

  private refusedBy(error: Problem): void {
    this.isDirty = true;
    // It was sent or discarded elsewhere: what is written here goes on as a new one.
    if (error.status === 404 && this.place.thread === null) this.id = null;
    const isAway = error.passes || error.status === 404;
    this.set({ ...this.state, save: isAway ? 'kept' : { refused: sentence(error) } });
    if (isAway) this.timer = setTimeout(() => void this.flush(), error.retryAfterMs ?? RETRY_MS);
  }

  /**
   * Until the outcome is known nothing is read again. The last save is waited for, but not long: the answer must go out.
   * @returns what the server removes with the message
   */
  async beginSending(): Promise<Sending> {
    this.isSending = true;
    await Promise.race([this.flush(), new Promise((resolve) => setTimeout(resolve, SAVE_MS))]);
    return { id: this.id, saves: this.saves };
  }
  endSending(): void {
    const { next } = this;
    this.isSending = false;
    this.next = null;
    // If it was refused, its text is still here.
    if (this.state.draft === null) next?.();
  }

  /** Begins the next one as soon as this one is sent. */
  whenSent(next: () => void): void {
    this.next = next;
  }

  /** The draft is gone: sent or discarded. @param sent as it was when it was sent: a save may have come after */
  end(sent: Sending | null): void {
    clearTimeout(this.timer);
    this.isDirty = false;
    keep(this.key, null);
    this.set({ draft: null, save: 'none' });
    this.chain = this.chain.then(async () => {
      const { id, saves } = this;
      this.id = null;
      this.savedAt = null;
      const isRemoved = sent !== null && sent.id === id && sent.saves === saves;
      if (id !== null && !isRemoved) await deleteDraft(this.workspace, id).catch(() => undefined);
      this.tell();
    });
  }

  /** A draft that was discarded in its list is not shown here any more. */
  dropIf(id: string | undefined): void {
    if (this.id === id && !this.isDirty) this.forget();
  }

  /** It was sent or discarded elsewhere. */
  private forget(): void {
    this.id = null;
    this.savedAt = null;
    this.set({ draft: null, save: 'none' });
  }

  /** Other tabs may show it too, and the list of drafts does. */
  private tell(): void {
    tellOtherTabs({ workspace: this.workspace, thread: this.place.thread?.id ?? null });
    void queryClient.invalidateQueries({ queryKey: keys.drafts(this.workspace) });
    rereadCounts(this.workspace);
  }

  private hasMore(): boolean {
    return this.isDirty;
  }

  private isBusy(): boolean {
    return this.isDirty || this.isSending;
  }

  private set(state: State): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}
