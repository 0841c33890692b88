import { html, type Html } from '../outbound/pages/html.ts';
import type { DemoDns } from './index.ts';
import type { DnsRecord } from './zone.ts';

const HINT = `curl -X PUT -H 'content-type: application/json' -d '{"name": "_postroom.acme.test", "type": "TXT", "value": "…"}' …/sandbox/dns`;

/** What is published now, by name, and what fails. */
export function dnsPage(dns: DemoDns): Html {
  const records = [...dns.records].sort((a, b) => compare(a.name, b.name) || compare(a.type, b.type));
  return html`<header>
      <h1>Demo DNS</h1>
      <p>what ${dns.address} answers; <a href="/sandbox/outbox">delivered mail</a></p>
    </header>
    ${
      records.length > 0
        ? records.map(shown)
        : html`<p class="note">
            Nothing is published yet. Put the records of a domain here as the API gives them:
          </p>`
    }
    <pre class="source">${HINT}</pre>
    ${[...dns.faults].map(
      ([name, fault]) => html`<p class="note">${name === '*' ? 'Every name' : name}: ${fault}</p>`,
    )}`;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const shown = ({ name, type, value, priority }: DnsRecord): Html =>
  html`<dl>
    <dt>${type}</dt>
    <dd>${name}</dd>
    <dt>${priority ?? ''}</dt>
    <dd>${value}</dd>
  </dl>`;
