import type { AttachmentRow } from '../../models/index.ts';
import type { Links } from '../links.ts';
import type { ApiUser } from '../visibility.ts';

export function presentAttachment(row: AttachmentRow, user: ApiUser, links: Links) {
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
