import { html, type Html } from '../outbound/pages/html.ts';
import type { DemoDns } from './index.ts';
import type { DnsRecord } from './zone.ts';

const HINT = `curl -X PUT -H 'content-type: application/json' -d '{"name": "_postroom.acme.test", "type": "TXT", "value": "…"}' …/sandbox/dns`;

/** The records, by name, and the faults. */
export function dnsPage(dns: DemoDns): Html {
  const records = [...dns.records].sort((a, b) => compare(a.name, b.name) || compare(a.type, b.type));
  return html`<header>
      <h1>DNS records</h1>
      <p>answered by ${dns.address}; <a href="/sandbox/outbox">delivered mail</a></p>
    </header>
    ${
      records.length > 0
        ? records.map(recordRow)
        : html`<p class="note">
            No record is published yet. Publish the records of a domain, as the API gives them:
          </p>`
    }
    <pre class="source">${HINT}</pre>
    ${[...dns.faults].map(
      ([name, fault]) => html`<p class="note">${name === '*' ? 'Every name' : name}: ${fault}</p>`,
    )}`;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const recordRow = ({ name, type, value, priority }: DnsRecord): Html =>
  html`<dl>
    <dt>${type}</dt>
    <dd>${name}</dd>
    <dt>${priority ?? ''}</dt>
    <dd>${value}</dd>
  </dl>`;
