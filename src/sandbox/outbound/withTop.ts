/** The mail under further header lines. */
export async function* withTop(mail: AsyncIterable<Buffer>, top: string): AsyncGenerator<Buffer> {
  yield Buffer.from(top);
  yield* mail;
}
