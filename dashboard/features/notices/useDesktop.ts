import { useEffect, useRef, useState } from 'react';
import { titleOf, type Notice } from './notices.ts';

/** Shows what is new on the desktop while this tab is not seen. @returns null: this browser cannot, or may not */
export function useDesktop(
  workspace: string,
  all: readonly Notice[],
  follow: (notice: Notice) => void,
): { isOn: boolean; ask: () => void } | null {
  const [permission, setPermission] = useState(() =>
    'Notification' in globalThis ? Notification.permission : 'denied',
  );
  const newest = useRef<string | null>(null);
  useEffect(() => {
    const [first] = all;
    const known = newest.current;
    newest.current = first?.created_at ?? known;
    if (known === null || permission !== 'granted' || document.visibilityState === 'visible') return;
    for (const notice of all.filter(({ created_at }) => created_at > known)) {
      // The tag: of several tabs one notice is shown.
      const shown = new Notification(titleOf(notice), {
        body: notice.text ?? '',
        tag: `${workspace}/${notice.id}`,
      });
      shown.onclick = () => {
        focus();
        follow(notice);
      };
    }
  }, [all, permission, workspace, follow]);
  if (permission === 'denied') return null;
  return {
    isOn: permission === 'granted',
    ask: () => void Notification.requestPermission().then(setPermission),
  };
}
