import { MAX_TRIES } from '../../addresses/codes.ts';
import { dnsName } from '../../addresses/proof.ts';
import type { AddressProofRow, ForwardingAddressRow, WorkspaceEmailRow } from '../../models/index.ts';
import type { ApiUser } from '../visibility.ts';

/** What belongs to an address. */
export interface EmailParts {
  /** Whose parent it is, oldest first. */
  forwarding: ForwardingAddressRow[];
  /** Of another address, which this one's mail host forwards to. */
  shared: ForwardingAddressRow | null;
  proof: AddressProofRow | null;
}

export function presentWorkspaceEmail(row: WorkspaceEmailRow, parts: EmailParts, user: ApiUser) {
  const { forwarding, shared, proof } = parts;
  const used = shared ? [shared, ...forwarding] : forwarding;
  return {
    id: row._id,
    address: row.address,
    display_name: row.display_name,
    purpose: row.purpose,
    user_id: row.user_id,
    kind: row.kind,
    state: row.proved_at ? 'verified' : row.expired_at ? 'expired' : 'pending',
    proved_at: row.proved_at,
    can_receive: row.can_receive,
    can_send: row.can_send,
    active: row.active,
    forwarding_address: used[0]?.address ?? null,
    forwarding_addresses: forwarding.map(({ _id, address }) => ({ id: _id, address })),
    confirmations: maySeeConfirmations(row, user) ? used.flatMap(presentConfirmations) : [],
    proof: proof && presentProof(proof),
    created_at: row.created_at,
  };
}

/** They are mail: of a personal address its user's alone. */
const maySeeConfirmations = ({ user_id }: WorkspaceEmailRow, user: ApiUser): boolean =>
  user_id === null ? user.role === 'owner' : user_id === user.userId;

const presentConfirmations = ({ address, confirmations }: ForwardingAddressRow) =>
  (confirmations ?? []).map(({ provider, mailbox, code, link, at }) => ({
    forwarding_address: address,
    provider,
    mailbox,
    code,
    link,
    at,
  }));

function presentProof(proof: AddressProofRow) {
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
