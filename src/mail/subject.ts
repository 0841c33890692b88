/**
 * Reply prefixes of mail clients in different languages, with the counter that some clients add (`Re[2]:`)
 * and with the full-width colon.
 */
const REPLY =
  /^\s*(?:re|aw|antw|sv|vs|vá|odp|ynt|ref|rif|rv|res|bls|ats|atb|σχετ|απ|תגובה|رد|ответ|на|回复|回覆|答复|答覆|返信|답장)\s*(?:[[(]\d{1,4}[\])])?\s*[:：]\s*/iu;

/** `AW: Re: Order` -> `Re: Order`; a subject without a prefix gets one. Idempotent. */
export function replySubject(subject: string): string {
  let base = subject;
  for (let shorter = base.replace(REPLY, ''); shorter !== base; shorter = base.replace(REPLY, ''))
    base = shorter;
  return `Re: ${base.trim()}`.trimEnd();
}

/**
 * Prefixes of a forwarded mail's subject, in different languages. Not among them: letters that mean "reply" in
 * another language.
 */
const FORWARD =
  /^\s*(?:fwd?|wg|tr|rv|enc|vl|vb|doorst|pd|прсл|пересл|转发|轉寄|転送|전달)\s*(?:[[(]\d{1,4}[\])])?\s*[:：]\s*/iu;

export const isForwarded = (subject: string): boolean => FORWARD.test(subject);

/** `WG: Order` -> `Fwd: Order`; the prefix of a reply is kept below it. Idempotent. */
export function forwardSubject(subject: string): string {
  let base = subject;
  for (let shorter = base.replace(FORWARD, ''); shorter !== base; shorter = base.replace(FORWARD, ''))
    base = shorter;
  return `Fwd: ${base.trim()}`.trimEnd();
}
