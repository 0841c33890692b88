/** Archive key of the mail's n-th file, once it was fetched from the provider. @param payloadKey key of the payload's JSON. */
export const remoteFileKey = (payloadKey: string, n: number): string =>
  payloadKey.replace(/\.json$/, `.remote-${n}`);
