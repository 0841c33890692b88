import { useEffect, useRef, useState } from 'react';
import { Problem, sentence } from '../../lib/problem.ts';
import type { Attachment } from '../../lib/rows.ts';
import { bytes } from '../../lib/size.ts';
import { words } from '../../words/index.ts';
import { MOST_BYTES, upload } from './upload.ts';

/** A file on its way. */
export interface Upload {
  key: number;
  file: File;
  /** 0 to 1 */
  share: number;
  fault: string | null;
  stop: AbortController;
}
let last = 0;

/** Files that are being uploaded. @param onDone gets each when it is there */
export function useUploads(workspace: string, onDone: (file: Attachment) => void) {
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const done = useRef(onDone);
  useEffect(() => {
    done.current = onDone;
  });
  const patch = (key: number, part: Partial<Upload>) =>
    setUploads((all) => all.map((each) => (each.key === key ? { ...each, ...part } : each)));
  const remove = (key: number) => {
    setUploads((all) => {
      all.find((each) => each.key === key)?.stop.abort();
      return all.filter((each) => each.key !== key);
    });
  };

  /** @param contentId for a picture in the text */
  const add = async (file: File, contentId: string | null = null): Promise<Attachment | null> => {
    const one: Upload = { key: (last += 1), file, share: 0, fault: null, stop: new AbortController() };
    if (file.size > MOST_BYTES) one.fault = words.composer.tooLarge(file.name, bytes(MOST_BYTES));
    setUploads((all) => [...all, one]);
    if (one.fault !== null) return null;
    const onProgress = (share: number) => patch(one.key, { share });
    try {
      const row = await upload(workspace, file, { contentId, onProgress, signal: one.stop.signal });
      setUploads((all) => all.filter(({ key }) => key !== one.key));
      done.current(row);
      return row;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      patch(one.key, { fault: sentence(error) });
      return null;
    }
  };
  const retry = ({ key, file }: Upload) => {
    remove(key);
    void add(file);
  };
  return { uploads, add, remove, retry };
}
