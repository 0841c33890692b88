/** The head of one field or file of a form. Names are bytes, because they may not be UTF-8. */
export interface FormPart {
  name: Buffer;
  /** Null = a field; a file may have an empty name. */
  filename: Buffer | null;
  /** Empty when the part has none. */
  contentType: string;
}

/**
 * Receives a form while it is read: one part after the other, its bytes in pieces. Reading waits for each
 * promise.
 */
export interface FormSink {
  begin(part: FormPart): void;
  data(bytes: Buffer): Promise<void> | void;
  end(): Promise<void> | void;
}

/** Answered 406: this post can never succeed. The message is the reason, written for a person. */
export class UnreadableBody extends Error {}

/** Answered 503: the body ended early; the provider tries again. */
export class IncompleteBody extends Error {}
