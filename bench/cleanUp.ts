type Close = () => Promise<void>;
const open = new Set<Close>();

/** Registers `close` for the end of the run, interrupted or not. @returns a function that closes it now */
export function closeLater(close: () => unknown): Close {
  const closing = async (): Promise<void> => {
    if (open.delete(closing)) await close();
  };
  open.add(closing);
  return closing;
}

export const openNow = (): ReadonlySet<Close> => new Set(open);

/** Closes everything that is open, the last opened first. @param except what stays open */
export async function closeAll(except: ReadonlySet<Close> = new Set()): Promise<void> {
  for (const close of [...open].filter((one) => !except.has(one)).reverse())
    await close().catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
}
