/** What a name or a code looks like. Anything else may be text from a mail or from another system. */
const PLAIN = /^[\w .-]{1,100}$/;

/**
 * What a log or a failure may say of one error: its class, and the code of the driver or the system where it
 * has one, such as `MongoServerError 11000` or `Error ENOSPC`. Never its message: that may hold an address or
 * text from a mail.
 */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'UnknownError';
  const className = error.constructor.name || 'Error';
  // A class that sets no name has that of its parent.
  const name = error.name !== 'Error' && PLAIN.test(error.name) ? error.name : className;
  const { code } = error as { code?: unknown };
  const isCode = typeof code === 'number' || (typeof code === 'string' && PLAIN.test(code));
  return isCode ? `${name} ${code}` : name;
}

/** How many errors of a chain of causes are named. */
const MOST_CAUSES = 3;

/** The same for an error and its causes: `TypeError: Error ECONNREFUSED`. */
export function faultOf(error: unknown): string {
  const codes: string[] = [];
  for (let cause = error; cause instanceof Error && codes.length < MOST_CAUSES; cause = cause.cause)
    codes.push(errorCode(cause));
  return codes.join(': ') || 'unknown';
}

/** How many lines of a stack a log shows. */
const MOST_LINES = 6;

/**
 * Where an error was thrown: the lines of its stack without its message, which may hold an address or text
 * from a mail.
 */
export function stackOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const { stack = '', message } = error;
  // A message of several lines may itself have one that looks like a line of the stack.
  const afterMessage = stack.includes(message) ? stack.slice(stack.indexOf(message) + message.length) : stack;
  return afterMessage
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, MOST_LINES)
    .map((line) => line.trim());
}
