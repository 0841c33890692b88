import { z } from 'zod';
import { MAX_TRIES } from '../addresses/codes.ts';
import { dnsName } from '../addresses/proof.ts';
import type { AddressProofRow, ForwardingAddressRow, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { PROOF_STATES, PROOF_WAYS } from '../../infra/models/addressProof.ts';
import { EMAIL_KINDS, PURPOSES } from '../../infra/models/workspaceEmail.ts';
import { Time } from './schemas.ts';
import type { ApiUser } from './visibility.ts';

export const ForwardingAddress = z
  .object({ id: z.string(), address: z.string() })
  .meta({ id: 'ForwardingAddress' });

const Confirmation = z.object({
  forwarding_address: z.string(),
  provider: z.string(),
  mailbox: z.string().nullable().meta({ description: 'The mailbox that will be forwarded.' }),
  code: z.string().nullable(),
  link: z.string().nullable(),
  at: Time,
});
const Proof = z
  .object({
    state: z.enum(PROOF_STATES),
    proved_by: z.enum(PROOF_WAYS).nullable(),
    problem: z.string().nullable(),
    expires_at: Time,
    code: z.object({
      wanted: z.boolean().meta({ description: 'A code is about to be mailed.' }),
      sent_at: Time.nullable(),
      expires_at: Time.nullable(),
      tries_left: z.int(),
      problem: z.string().nullable(),
    }),
    dns: z.object({
      type: z.literal('TXT'),
      name: z.string(),
      value: z.string(),
      found: z.array(z.string()),
      note: z.string().nullable(),
      checked_at: Time.nullable(),
    }),
    forwarding_seen_at: Time.nullable().meta({
      description: 'When mail to the address first arrived through its forwarding address.',
    }),
  })
  .meta({ id: 'AddressProof' });
export const WorkspaceEmail = z
  .object({
    id: z.string(),
    address: z.string(),
    display_name: z.string(),
    purpose: z.enum(PURPOSES),
    user_id: z
      .string()
      .nullable()
      .meta({ description: 'The user of a personal address; null: it is shared.' }),
    team_id: z.string().nullable().meta({ description: 'The team that alone sees its mail.' }),
    kind: z.enum(EMAIL_KINDS),
    state: z.enum(['verified', 'expired', 'pending']),
    proved_at: Time.nullable(),
    can_receive: z.boolean().meta({ description: 'Proved and switched on.' }),
    can_send: z.boolean().meta({ description: 'Proved and switched on.' }),
    active: z.boolean(),
    signature: z
      .string()
      .nullable()
      .meta({ description: 'HTML that the page puts below what is sent from it.' }),
    form_senders: z.array(z.string()).meta({
      description:
        'Domains of form services: in mail that is proved to come from one of them, Reply-To is the contact.',
    }),
    problem: z.string().nullable().meta({ description: 'Why it does not receive though it is proved.' }),
    forwarding_address: z
      .string()
      .nullable()
      .meta({ description: 'The address to which its mail host must forward.' }),
    forwarding_addresses: z.array(ForwardingAddress),
    confirmations: z
      .array(Confirmation)
      .meta({ description: 'Requests of mail hosts that want a confirmation before they forward.' }),
    proof: Proof.nullable(),
    created_at: Time,
  })
  .meta({ id: 'WorkspaceEmail' });

/** The rows that belong to an address. */
export interface EmailParts {
  /** Forwarding addresses whose parent it is, oldest first. */
  forwarding: ForwardingAddressRow[];
  /** Another address's forwarding address, to which this one's mail host forwards. */
  shared: ForwardingAddressRow | null;
  proof: AddressProofRow | null;
}

export function presentWorkspaceEmail(
  row: WorkspaceEmailRow,
  parts: EmailParts,
  user: ApiUser,
): z.input<typeof WorkspaceEmail> {
  const { forwarding, shared, proof } = parts;
  const usable = shared ? [shared, ...forwarding] : forwarding;
  return {
    id: row._id,
    address: row.address,
    display_name: row.display_name,
    purpose: row.purpose,
    user_id: row.user_id,
    team_id: row.team_id ?? null,
    kind: row.kind,
    state: row.proved_at ? 'verified' : row.expired_at ? 'expired' : 'pending',
    proved_at: row.proved_at,
    can_receive: row.can_receive,
    can_send: row.can_send,
    active: row.active,
    signature: row.signature ?? null,
    form_senders: row.form_senders ?? [],
    problem: row.taken ? TAKEN : null,
    forwarding_address: usable[0]?.address ?? null,
    forwarding_addresses: forwarding.map(({ _id, address }) => ({ id: _id, address })),
    confirmations: maySeeConfirmations(row, user) ? usable.flatMap(presentConfirmations) : [],
    proof: proof && presentProof(proof),
    created_at: row.created_at,
  };
}

const TAKEN =
  'Another workspace receives mail for this address. ' +
  'Ask the operator of this installation which workspace must give it up.';

/** Confirmations are mail, so those of a personal address are for its user only. */
const maySeeConfirmations = ({ user_id }: WorkspaceEmailRow, user: ApiUser): boolean =>
  user_id === null ? user.role === 'owner' : user_id === user.userId;

const presentConfirmations = ({ address, confirmations }: ForwardingAddressRow) =>
  confirmations.map(({ provider, mailbox, code, link, at }) => ({
    forwarding_address: address,
    provider,
    mailbox,
    code,
    link,
    at,
  }));

function presentProof(proof: AddressProofRow): z.input<typeof Proof> {
  const newest = proof.codes.at(-1) ?? null;
  return {
    state: proof.state,
    proved_by: proof.proved_by,
    problem: proof.problem,
    expires_at: proof.expires_at,
    code: {
      wanted: proof.code_wanted_at !== null,
      sent_at: newest?.sent_at ?? null,
      expires_at: newest?.expires_at ?? null,
      tries_left: MAX_TRIES - proof.tries,
      problem: proof.code_problem,
    },
    dns: {
      type: 'TXT',
      name: dnsName(proof.address),
      value: proof.dns_value,
      found: proof.dns_found,
      note: proof.dns_note,
      checked_at: proof.dns_checked_at,
    },
    forwarding_seen_at: proof.forwarding_seen_at,
  };
}
