type Close = () => Promise<void>;
const open = new Set<Close>();

/** Closes it at the end of the run, also when that is interrupted; the function returned closes it now. */
export function closeLater(close: () => unknown): Close {
  const closing = async (): Promise<void> => {
    if (open.delete(closing)) await close();
  };
  open.add(closing);
  return closing;
}

/** Last opened first. */
export async function closeAll(): Promise<void> {
  for (const close of [...open].reverse())
    await close().catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
}
