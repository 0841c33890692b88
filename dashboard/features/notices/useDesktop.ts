import { useEffect, useRef, useState } from 'react';
import { changeMe, useMe } from '../../lib/me.ts';
import type { Notice } from './notices.ts';

/** Shows what is new on the desktop while this tab is not seen. @returns null: this browser cannot, or may not */
export function useDesktop(
  workspace: string,
  all: readonly Notice[],
  follow: (notice: Notice) => void,
): { isOn: boolean; toggle: () => void } | null {
  const [permission, setPermission] = useState(() =>
    'Notification' in globalThis ? Notification.permission : 'denied',
  );
  const me = useMe(workspace);
  const isOn = permission === 'granted' && me?.notifications.desktop === true;
  const newest = useRef<string | null>(null);
  useEffect(() => {
    const [first] = all;
    const known = newest.current;
    newest.current = first?.created_at ?? known;
    if (known === null || !isOn || document.visibilityState === 'visible') return;
    for (const notice of all.filter(({ created_at }) => created_at > known)) {
      // The tag: of several tabs one notice is shown.
      const shown = new Notification(notice.title, {
        body: notice.text,
        tag: `${workspace}/${notice.id}`,
      });
      shown.onclick = () => {
        focus();
        follow(notice);
      };
    }
  }, [all, isOn, workspace, follow]);
  if (permission === 'denied' || me === undefined) return null;
  const toggle = async () => {
    const given = permission === 'granted' ? permission : await Notification.requestPermission();
    setPermission(given);
    if (given !== 'granted') return;
    await changeMe(workspace, { notifications: { ...me.notifications, desktop: !isOn } });
  };
  return { isOn, toggle: () => void toggle() };
}
