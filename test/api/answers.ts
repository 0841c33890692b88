/** The fields of answers that tests read: of a message, a thread, a file, a workspace or a problem. */
export interface Body {
  id: string;
  state: string;
  to: { email: string; name: string }[];
  cc: { email: string; name: string }[];
  bcc: { email: string; name: string }[];
  subject: string;
  text: string;
  html: string | null;
  sending_email: string | null;
  message_id: string;
  send_at: string | null;
  due_at: string;
  reason: string | null;
  created_at: string;
  updated_at: string;
  attachments: Body[];
  filename: string;
  content_id: string;
  size: number;
  inline: boolean;
  url: string;
  number: number;
  address: string;
  has_quote: boolean;
  own_colours: boolean;
  images_allowed: boolean;
  contact: { id: string; email: string; name: string };
  workspace_email: { id: string; address: string };
  owner_id: string | null;
  message: Body;
  data: Body[];
  detail: string;
  errors?: { field: string; message: string }[];
}

export interface Answer {
  status: number;
  body: Body;
}

export async function answerOf(asked: Promise<Response>): Promise<Answer> {
  const answer = await asked;
  return { status: answer.status, body: (await answer.json()) as Body };
}

/** Status, and the fields that a 422 names. */
export async function faultsOf(asked: Promise<Answer>): Promise<[status: number, ...fields: string[]]> {
  const { status, body } = await asked;
  return [status, ...(body.errors ?? []).map(({ field }) => field)];
}
