import * as dnsPacket from 'dns-packet';
import { TYPES, type DnsRecord, type RecordType, type Zone } from './zone.ts';

/** RFC 1035 4.1.1. */
const RCODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 };
type Rcode = keyof typeof RCODES;
/** Longest answer over UDP by default (RFC 1035 4.2.1), and over TCP, where two bytes hold the length. */
const MAX_PLAIN_UDP_BYTES = 512;
const MAX_TCP_BYTES = 65_535;
const MAX_CNAMES = 8;

/**
 * The answer to a query, as bytes. Null: no answer, since it is not a query, or the name has the fault
 * `timeout`.
 */
export function answer(query: Buffer, zone: Zone, over: 'udp' | 'tcp'): Buffer | null {
  const asked = decoded(query);
  if (asked?.type !== 'query') return null;
  const question = asked.questions?.[0];
  const fault = question ? zone.faultOf(question.name) : null;
  if (fault === 'timeout') return null;
  const rcode = refusal(asked) ?? fault;
  if (rcode || !question) return encoded(asked, rcode ?? 'FORMERR', []);

  const { rcode: result, answers } = lookUp(zone, question);
  const whole = encoded(asked, result, answers);
  if (over === 'tcp') return whole.length <= MAX_TCP_BYTES ? whole : encoded(asked, 'SERVFAIL', []);
  // Truncated, and marked as such: the client asks again over TCP (RFC 2181 9).
  return whole.length <= udpSize(asked) ? whole : encoded(asked, result, [], dnsPacket.TRUNCATED_RESPONSE);
}

function decoded(query: Buffer): dnsPacket.DecodedPacket | null {
  try {
    return dnsPacket.decode(query);
  } catch {
    return null;
  }
}

function refusal(asked: dnsPacket.DecodedPacket): Rcode | null {
  if ((asked as { opcode?: string }).opcode !== 'QUERY') return 'NOTIMP';
  if (asked.questions?.length !== 1) return 'FORMERR';
  return asked.questions[0]!.class === 'IN' ? null : 'REFUSED';
}

/** As a recursive resolver does: it follows a CNAME, which is part of the answer. */
function lookUp(zone: Zone, question: dnsPacket.Question): { rcode: Rcode; answers: dnsPacket.Answer[] } {
  const answers: dnsPacket.Answer[] = [];
  // As in the question: a client may compare upper and lower case.
  let { name } = question;
  for (let hop = 0; hop <= MAX_CNAMES; hop++) {
    const records = isKnown(question.type) ? zone.find(name, question.type) : [];
    if (records.length > 0)
      return { rcode: 'NOERROR', answers: [...answers, ...records.map(inAnswer(name))] };
    const alias = zone.find(name, 'CNAME')[0];
    if (!alias) return { rcode: zone.has(name) ? 'NOERROR' : 'NXDOMAIN', answers };
    answers.push(inAnswer(name)(alias));
    name = alias.value;
  }
  return { rcode: 'SERVFAIL', answers: [] };
}

const isKnown = (type: string): type is RecordType => (TYPES as readonly string[]).includes(type);

/** With a TTL of 0: changes here must be visible at once. */
const inAnswer =
  (name: string) =>
  ({ type, value, priority }: DnsRecord): dnsPacket.Answer => {
    if (type === 'TXT') return { name, type, ttl: 0, data: chunks(value) };
    if (type === 'CNAME') return { name, type, ttl: 0, data: value };
    return { name, type, ttl: 0, data: { preference: priority, exchange: value } };
  };

/** A TXT string has at most 255 bytes (RFC 1035 3.3). A longer value is split; its reader joins it again. */
function chunks(value: string): Buffer[] {
  const bytes = Buffer.from(value);
  const count = Math.max(1, Math.ceil(bytes.length / 255));
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * 255, (index + 1) * 255));
}

const optOf = (asked: dnsPacket.DecodedPacket) => asked.additionals?.find((record) => record.type === 'OPT');

const udpSize = (asked: dnsPacket.DecodedPacket): number =>
  Math.max(optOf(asked)?.udpPayloadSize ?? 0, MAX_PLAIN_UDP_BYTES);

function encoded(
  asked: dnsPacket.DecodedPacket,
  rcode: Rcode,
  answers: dnsPacket.Answer[],
  flags = 0,
): Buffer {
  const recursionDesired = (asked.flags ?? 0) & dnsPacket.RECURSION_DESIRED;
  return dnsPacket.encode({
    type: 'response',
    ...(asked.id === undefined ? {} : { id: asked.id }),
    flags: flags | recursionDesired | dnsPacket.RECURSION_AVAILABLE | RCODES[rcode],
    questions: asked.questions ?? [],
    answers,
    additionals: optOf(asked) ? [OPT] : [],
  });
}

/** A client that uses EDNS gets it in the answer (RFC 6891 6.1.1). */
const OPT: dnsPacket.Answer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: 1232,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};
