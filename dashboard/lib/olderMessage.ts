import type { Message } from './rows.ts';

/** Until the API has all fields of a message: to be deleted then. */
export const wholeMessage = (row: object): Message =>
  ({
    has_quote: false,
    remote_images: 0,
    own_colours: false,
    images_allowed: false,
    inbound_email_id: null,
    authentication: null,
    sender_reason: null,
    edited_at: null,
    ...row,
  }) as Message;
