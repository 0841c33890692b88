/**
 * Says that a draft has changed on the server: the composer may hold an older one, in this tab or in another one of this
 * browser.
 */
export interface DraftNews {
  workspace: string;
  /** The thread that it is of; null: of a new one. Undefined where only the id is known. */
  thread?: string | null;
  id?: string;
  /** It was discarded, though the server has it for a moment more. */
  isGone?: boolean;
}

const channel = new BroadcastChannel('postroom.drafts');
const here = new EventTarget();

export const tellOtherTabs = (news: DraftNews): void => channel.postMessage(news);
export const tellThisTab = (news: DraftNews): void =>
  void here.dispatchEvent(new CustomEvent('news', { detail: news }));

export function hearDrafts(listener: (news: DraftNews) => void): void {
  channel.addEventListener('message', ({ data }) => listener(data as DraftNews));
  here.addEventListener('news', (event) => listener((event as CustomEvent<DraftNews>).detail));
}
