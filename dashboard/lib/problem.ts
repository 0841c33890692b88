import { words } from '../words/index.ts';

/** What an answer other than the hoped-for one says (RFC 9457), or that none came (`status` 0). */
export class Problem extends Error {
  readonly status: number;
  /** Each field that is wrong, and why. */
  readonly fields: { field: string; message: string }[];
  /** How long to wait before the next try (ms); null where the server does not say. */
  readonly retryAfterMs: number | null;
  /** The whole body: a 412 has the messages since. */
  readonly body: Record<string, unknown>;

  constructor(
    status: number,
    sentence: string,
    more: Partial<Pick<Problem, 'fields' | 'retryAfterMs' | 'body'>> = {},
  ) {
    super(sentence);
    this.status = status;
    this.fields = more.fields ?? [];
    this.retryAfterMs = more.retryAfterMs ?? null;
    this.body = more.body ?? {};
  }

  /** Whether the same request may succeed a little later. */
  get passes(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** @param body the parsed answer; anything but a problem document has the status' own sentence. */
export function problemOf(response: Response, body: unknown): Problem {
  const document = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const detail =
    typeof document.detail === 'string' ? document.detail : words.problem.status(response.status);
  const fields = Array.isArray(document.errors) ? (document.errors as Problem['fields']) : [];
  const seconds = Number(response.headers.get('Retry-After'));
  const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : null;
  return new Problem(response.status, sentenceOf(detail, fields), { fields, retryAfterMs, body: document });
}

/** A sentence for a person, whatever was thrown. */
export const sentence = (error: unknown): string =>
  error instanceof Problem ? error.message : words.problem.unexpected;

function sentenceOf(detail: string, fields: Problem['fields']): string {
  return fields.length === 0 ? detail : fields.map(({ field, message }) => `${field} ${message}.`).join(' ');
}
