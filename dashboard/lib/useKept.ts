import { useState } from 'react';
import { keep, recall } from './storage.ts';

/** State that this browser keeps. */
export function useKept<T>(key: string, otherwise: T): [T, (value: T) => void] {
  const [value, setValue] = useState(() => recall(key, otherwise));
  return [
    value,
    (next) => {
      setValue(next);
      keep(key, next);
    },
  ];
}
