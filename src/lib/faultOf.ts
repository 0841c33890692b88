/** What a log may hold of an error: class and code, of its causes too. Messages may hold text of a mail. */
export function faultOf(error: unknown): string {
  const names: string[] = [];
  for (let cause = error; cause instanceof Error && names.length < 3; cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    names.push(code === undefined ? cause.name : `${cause.name} ${code}`);
  }
  return names.join(': ') || 'unknown';
}
