import { api, read } from '../../lib/api.ts';
import { emailsQuery } from '../../lib/emails.ts';
import { sentence } from '../../lib/problem.ts';
import { queryClient } from '../../lib/query.ts';
import type { Message } from '../../lib/rows.ts';
import { showToast } from '../../lib/toasts.ts';
import { words } from '../../words/index.ts';

/** From now on Reply-To is followed in mail of this form service. @returns whether it was stored */
export async function addFormSender(
  workspace: string,
  { workspace_email_id: id, domain }: NonNullable<Message['form_sender']>,
): Promise<boolean> {
  const params = { path: { workspace_id: workspace, id } };
  const path = '/api/v1/workspaces/{workspace_id}/emails/{id}';
  try {
    const { form_senders } = await read(api.GET(path, { params }));
    await read(api.PATCH(path, { params, body: { form_senders: [...form_senders, domain] } }));
  } catch (error) {
    showToast(sentence(error), { tone: 'bad' });
    return false;
  }
  showToast(words.composer.choice.added(domain));
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: ['w', workspace, 'messages'] }),
    queryClient.invalidateQueries({ queryKey: emailsQuery(workspace).queryKey }),
  ]);
  return true;
}
