import { useSyncExternalStore } from 'react';

/** `phone`: one pane at a time; `narrow`: the sidebar shows icons, and the contact lies over the thread. */
export type Width = 'phone' | 'narrow' | 'wide';
const phone = matchMedia('(max-width: 720px)');
const narrow = matchMedia('(max-width: 1180px)');

const subscribe = (listener: () => void) => {
  phone.addEventListener('change', listener);
  narrow.addEventListener('change', listener);
  return () => {
    phone.removeEventListener('change', listener);
    narrow.removeEventListener('change', listener);
  };
};

export const useWidth = (): Width =>
  useSyncExternalStore(subscribe, () => (phone.matches ? 'phone' : narrow.matches ? 'narrow' : 'wide'));
