import { z } from 'zod';
import type { SendForm } from '../outbound/sendForm.ts';
import { SetupRefusal } from './setupApi.ts';

const flag = z.stringbool();

/** Fields that can be set at creation and changed later. */
const Settings = z
  .object({
    spam_action: z.enum(['disabled', 'block', 'tag']),
    web_scheme: z.enum(['http', 'https']),
    web_prefix: z.string().regex(/^[a-z0-9-]+$/i),
    wildcard: flag,
    require_tls: flag,
    skip_verification: flag,
    use_automatic_sender_security: flag,
    encrypt_incoming_message: flag,
    message_ttl: z.coerce.number().int().positive(),
    mailfrom_host: z.string(),
    archive_to: z.string(),
  })
  .partial();

export const DEFAULTS = {
  require_tls: false,
  skip_verification: false,
  spam_action: 'disabled',
  use_automatic_sender_security: false,
  web_prefix: 'email',
  web_scheme: 'http',
  wildcard: false,
  encrypt_incoming_message: false,
  message_ttl: 259_200,
};

/** @throws SetupRefusal */
export const readSettings = (form: SendForm): Record<string, string | number | boolean> =>
  parse(Settings, form);

const label = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;
const Creation = z.object({
  name: z
    .string('name is a required parameter')
    .transform((name) => name.toLowerCase())
    .refine((name) => {
      const labels = name.split('.');
      return labels.length > 1 && name.length <= 253 && labels.every((part) => label.test(part));
    }, 'Domain name format is incorrect'),
  dkim_key_size: z.enum(['1024', '2048']).default('1024'),
  dkim_selector: z
    .string()
    .regex(/^[a-z0-9-]+$/i)
    .optional(),
});

/** @throws SetupRefusal */
export function readCreation(form: SendForm): {
  name: string;
  selector: string | undefined;
  bits: 1024 | 2048;
} {
  const { name, dkim_selector: selector, dkim_key_size } = parse(Creation, form);
  return { name, selector, bits: dkim_key_size === '2048' ? 2048 : 1024 };
}

function parse<T extends z.ZodType>(schema: T, form: SendForm): z.output<T> {
  const parsed = schema.safeParse(Object.fromEntries(form.fields));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue!.path.join('.');
  throw new SetupRefusal(400, field === 'name' ? issue!.message : `${field}: ${issue!.message}`);
}
