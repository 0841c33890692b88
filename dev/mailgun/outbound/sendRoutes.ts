import type Router from '@koa/router';
import type { Context } from 'koa';
import type { FaultSwitch } from '../faults.ts';
import { authorized } from '../messages.ts';
import { accept, newKey } from './accept.ts';
import { give, json, limitText, MAGNIFICENT, refuse, TOO_LARGE, type HttpAnswer } from './answers.ts';
import type { Bounces } from './bounces.ts';
import { readMimeSend } from './mimeSend.ts';
import { BadSend, type Outgoing } from './outgoing.ts';
import { readPartsSend } from './partsSend.ts';
import { RateLimit } from './rateLimit.ts';
import { isAccepting, type SendFault } from './sendFaults.ts';
import { NoForm, readSendForm, type SendForm, TooLarge } from './sendForm.ts';
import type { SentMail } from './sentMail.ts';
import type { SentMails } from './sentMails.ts';
import type { LocalMailgunSettings, SendCall } from './types.ts';

export interface SendOptions {
  apiKey: string;
  mails: SentMails;
  bounces: Bounces;
  faults: FaultSwitch;
  settings: LocalMailgunSettings;
  /** Why mail from a domain is refused; null: it is accepted. */
  refusalFrom(domain: string): string | null;
  onAccepted(mail: SentMail): void;
  onCall(call: SendCall): void;
}

type Ending = HttpAnswer | 'drop' | 'hang';

/**
 * - `POST /v3/{domain}/messages` and `…/messages.mime`: 200 with the id, 400 with Mailgun's text, 401, 403
 *   for a domain of
 *   the account that is not verified, 413, 429 above the limit; with faults any other answer, or none
 * - any other POST below `/v3`: 200 and `Mailgun Magnificent API`, which is Mailgun's answer to a wrong URL
 */
export function addSendRoutes(router: Router, options: SendOptions): void {
  const limit = new RateLimit();
  for (const path of ['messages', 'messages.mime'] as const)
    router.post(`/v3/:domain/${path}`, async (ctx) => {
      if (!authorized(ctx, options.apiKey)) return;
      const { settings } = options;
      const left = settings.sendsPerSecond === null ? null : limit.count(settings.sendsPerSecond);
      finish(ctx, await answerCall(ctx, path, left, options));
    });
  router.post('/v3/*rest', (ctx) => {
    give(ctx, { status: 200, type: 'text/plain', text: MAGNIFICENT });
  });
}

/**
 * Reads and answers one call.
 * @param left calls left in this second; below 0: this one is too many; null: no limit
 */
async function answerCall(
  ctx: Context,
  path: SendCall['path'],
  left: number | null,
  options: SendOptions,
): Promise<Ending> {
  const key = newKey();
  const domain = (ctx.params as { domain: string }).domain;
  const call = newCall(path, domain);
  let form: SendForm | null = null;
  let ending: Ending;
  try {
    form = await readSendForm(ctx.req, `${options.mails.emlFile(key)}.part`);
    describe(call, form);
    const outgoing = await (path === 'messages' ? readPartsSend(form) : readMimeSend(form));
    Object.assign(call, {
      recipients: outgoing.recipients,
      subject: outgoing.subject,
      messageId: outgoing.messageId,
    });
    if (left !== null && left < 0) ending = tooMany(domain, options.settings.sendsPerSecond!);
    else ending = await acceptOrRefuse(call, { key, domain, form, outgoing }, options);
  } catch (error) {
    ending = wrongCall(error);
  }
  // No await since the mail was accepted: when a client can see the mail, its call is in the log already.
  call.answer = typeof ending === 'string' ? ending : ending.status;
  call.message = typeof ending === 'string' ? null : ending.text;
  options.onCall(call);
  await form?.removeFiles();
  return ending;
}

interface Checked {
  key: string;
  domain: string;
  form: SendForm;
  outgoing: Outgoing;
}

/** Accepts the mail, unless its domain may not send or a fault refuses it. */
async function acceptOrRefuse(call: SendCall, checked: Checked, options: SendOptions): Promise<Ending> {
  const refusal = options.refusalFrom(checked.domain);
  if (refusal !== null) return json(403, refusal);
  const fault = options.faults.sends.next(checked.outgoing.recipients);
  call.fault = fault?.answer ?? null;
  if (fault && !isAccepting(fault.answer)) return refuse(fault.answer, fault, checked.domain);
  const mail = await accept({ ...checked, stepMs: options.settings.stepMs }, options);
  call.accepted = true;
  call.messageId = mail.messageId;
  options.onAccepted(mail);
  return fault ? answerAfterAccepting(fault) : { ...json(200, 'Queued. Thank you.'), id: mail.messageId };
}

function answerAfterAccepting(fault: SendFault): Ending {
  if (fault.answer === 'accept_then_drop') return 'drop';
  return fault.answer === 'accept_then_hang' ? 'hang' : json(500, fault.message ?? 'Internal Server Error');
}

function wrongCall(error: unknown): HttpAnswer {
  if (error instanceof BadSend) return json(400, error.message);
  if (error instanceof TooLarge) return json(413, TOO_LARGE);
  if (error instanceof NoForm) return json(400, 'the body is not a form');
  throw error;
}

/** The header for the reset is in milliseconds since 1970, as at Mailgun. */
function tooMany(domain: string, perSecond: number): HttpAnswer {
  const reset = (Math.floor(Date.now() / 1000) + 1) * 1000;
  return {
    ...json(429, limitText(domain, { again_after_s: 1 })),
    headers: {
      'x-ratelimit-limit': String(perSecond),
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(reset),
    },
  };
}

function finish(ctx: Context, ending: Ending): void {
  if (typeof ending !== 'string') return give(ctx, ending);
  ctx.respond = false;
  if (ending === 'drop') ctx.req.socket.resetAndDestroy();
}

const newCall = (path: SendCall['path'], domain: string): SendCall => ({
  at: new Date().toISOString(),
  path,
  domain,
  messageId: null,
  recipients: [],
  subject: null,
  accepted: false,
  answer: 0,
  message: null,
  fault: null,
  options: {},
  variables: {},
});

function describe(call: SendCall, form: SendForm): void {
  for (const [name, value] of form.fields) if (name.startsWith('o:')) (call.options[name] ??= []).push(value);
  call.variables = Object.fromEntries(form.below('v:'));
}
