import { useState } from 'react';
import { showToast } from '../../lib/toasts.ts';
import { api } from '../../lib/api.ts';
import { sentence } from '../../lib/problem.ts';
import { queryClient } from '../../lib/query.ts';
import type { Message } from '../../lib/rows.ts';

/** Whether the remote images of a mail are shown: only when somebody asked for it. */
export function useImages(workspace: string, message: Message) {
  const [isAsked, setAsked] = useState(false);
  const shown = isAsked || message.images_allowed;
  const always = async (address: string) => {
    setAsked(true);
    try {
      await api.PUT('/api/v1/workspaces/{workspace_id}/members/me/image-senders/{address}', {
        params: { path: { workspace_id: workspace, address } },
      });
      await queryClient.invalidateQueries({ queryKey: ['w', workspace, 'messages'] });
    } catch (error) {
      showToast(sentence(error), { tone: 'bad' });
    }
  };
  return { shown, blocked: shown ? 0 : message.remote_images, load: () => setAsked(true), always };
}
