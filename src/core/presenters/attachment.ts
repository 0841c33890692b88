import { z } from 'zod';
import type { AttachmentRow } from '../../infra/models/index.ts';
import { ATTACHMENT_STATES } from '../../infra/models/attachment.ts';
import type { Links } from './links.ts';
import type { ApiUser } from './visibility.ts';

export const Attachment = z
  .object({
    id: z.string(),
    filename: z.string(),
    content_type: z.string(),
    size: z.int().nullable().meta({ description: 'Bytes; the provider’s figure until the file is stored.' }),
    inline: z.boolean().meta({ description: 'The HTML shows it; lists for people leave it out.' }),
    content_id: z.string().nullable().meta({ description: 'Without angle brackets.' }),
    state: z.enum(ATTACHMENT_STATES),
    reason: z.string().nullable().meta({ description: 'Why the file is not stored.' }),
    url: z.string(),
  })
  .meta({ id: 'Attachment' });

export function presentAttachment(
  row: AttachmentRow,
  user: ApiUser,
  links: Links,
): z.input<typeof Attachment> {
  return {
    id: row._id,
    filename: row.filename,
    content_type: row.content_type,
    size: row.size,
    inline: row.inline,
    content_id: row.content_id,
    state: row.state,
    reason: row.reason,
    url: links.attachment(user, row._id),
  };
}
