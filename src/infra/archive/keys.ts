import { hashOf } from '../../lib/ids.ts';

/** Keys of the archive. The day is that of arrival in UTC, which the id of the post holds too. */
export const marksFolder = (provider: string): string => `${provider}-incoming/unstarted/`;
export const markKey = (provider: string, postId: string): string => marksFolder(provider) + postId;
export const dayFolder = (provider: string, day: Date): string =>
  `${provider}-incoming/${day.toISOString().slice(0, 10).replaceAll('-', '/')}/`;
export const payloadKey = (provider: string, postId: string): string =>
  `${dayFolder(provider, arrivalOf(postId))}${postId}.json`;

/** Where skipped mail is moved to, and where it came from: of a key, or of a folder. */
export const skippedKey = (key: string): string => key.replace(/^([^/]+)-incoming\//, '$1-skipped/');
export const incomingKey = (key: string): string => key.replace(/^([^/]+)-skipped\//, '$1-incoming/');

/** An object next to the payload. @param name `eml`, `field-<n>` or `file-<n>` */
export const objectKey = (provider: string, postId: string, name: string): string =>
  `${dayFolder(provider, arrivalOf(postId))}${postId}.${name}`;

/** When a post arrived, from its id (lib/ids.ts). */
export const arrivalOf = (postId: string): Date => new Date(parseInt(postId.slice(0, 9), 36));

/**
 * Id of a posted event. The same event has the same id, so that it becomes one object. The day is part of it,
 * because providers promise that the number of an event is unique on its day only.
 */
export const eventIdOf = (day: Date, numberOrBody: string): string =>
  `${day.toISOString().slice(0, 10)}-${hashOf(numberOrBody)}`;
export const eventsFolder = (provider: string): string => `${provider}-events/`;
export const eventDayFolder = (provider: string, day: Date): string =>
  `${eventsFolder(provider)}${day.toISOString().slice(0, 10).replaceAll('-', '/')}/`;
export const eventKey = (provider: string, eventId: string): string =>
  `${eventsFolder(provider)}${eventId.slice(0, 10).replaceAll('-', '/')}/${eventId}.json`;
export const eventIdOfKey = (key: string): string =>
  key.slice(key.lastIndexOf('/') + 1).replace(/\.json$/, '');
export const eventMarksFolder = (provider: string): string => `${eventsFolder(provider)}unstarted/`;

/** Each post of an event has its own mark; its name sorts by arrival, as the marks of mails do. */
export const eventMarkId = (postId: string, eventId: string): string => `${postId}-${eventId}`;
export const eventIdOfMark = (markId: string): string => markId.slice(markId.indexOf('-') + 1);

/**
 * Key of the mail's n-th file after it was fetched from the provider.
 * @param payloadKey key of the payload's JSON.
 */
export const remoteFileKey = (payloadKey: string, n: number): string =>
  payloadKey.replace(/\.json$/, `.remote-${n}`);
