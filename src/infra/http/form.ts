/** What a form reader has found: the head of one field or file. Names are bytes: nobody promises that they are UTF-8. */
export interface FormPart {
  name: Buffer;
  /** Null = a field; a file may have an empty name. */
  filename: Buffer | null;
  /** Empty when the part does not say. */
  contentType: string;
}

/** Takes a form while it is read: one part after the other, its bytes in pieces. Nothing is read before a promise resolves. */
export interface FormSink {
  begin(part: FormPart): void;
  data(bytes: Buffer): Promise<void> | void;
  end(): Promise<void> | void;
}

/** Answered 406: this post can never succeed. The message is the reason, for a person. */
export class UnreadableBody extends Error {}

/** Answered 503: the body ended early; the provider tries again. */
export class IncompleteBody extends Error {}
