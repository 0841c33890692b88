/** What a log may say of an error: class and codes. Messages may hold text from a mail. */
export function faultOf(error: unknown): string {
  const names: string[] = [];
  for (let one = error; one instanceof Error && names.length < 3; one = one.cause) {
    const { code } = one as NodeJS.ErrnoException;
    names.push(code === undefined ? one.name : `${one.name} ${code}`);
  }
  return names.join(': ') || 'unknown';
}
