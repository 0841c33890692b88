/** Where the archive keeps what was posted. The day is that of arrival, UTC, which the post's id holds too. */
export const marksFolder = (provider: string): string => `${provider}-incoming/unstarted/`;
export const markKey = (provider: string, postId: string): string => marksFolder(provider) + postId;
export const dayFolder = (provider: string, day: Date): string =>
  `${provider}-incoming/${day.toISOString().slice(0, 10).replaceAll('-', '/')}/`;
export const payloadKey = (provider: string, postId: string): string =>
  `${dayFolder(provider, arrivalOf(postId))}${postId}.json`;

/** An object beside the payload: `eml`, `field-<n>`, `file-<n>`. */
export const objectKey = (provider: string, postId: string, name: string): string =>
  `${dayFolder(provider, arrivalOf(postId))}${postId}.${name}`;

/** When a post arrived, from its id (temporal/ids.ts). */
export const arrivalOf = (postId: string): Date => new Date(parseInt(postId.slice(0, 9), 36));
