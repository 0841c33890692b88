import ipaddr from 'ipaddr.js';
import type { Middleware } from 'koa';
import { answer } from './answer.ts';

/** What this machine is called by those who work on it. */
export const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/**
 * For a server that only this machine reaches: answers to its own names alone. Else a page from elsewhere could have its name
 * lead here (DNS rebinding), and read what it likes in the browser of who works here.
 * @returns null where others reach the server too: what leads there is the proxy's to know
 */
export function ownHostsOnly(listenAddress: string | null, publicUrl: string): Middleware | null {
  if (listenAddress === null || !isLoopback(listenAddress)) return null;
  const names = new Set([...LOCAL_HOSTS, new URL(publicUrl).hostname]);
  return async (ctx, next) => {
    const host = ctx.get('Host').toLowerCase().replace(/:\d+$/, '');
    if (!names.has(host)) return answer(ctx, 421, `This server is not ${host}. Its address is ${publicUrl}.`);
    await next();
  };
}

export const isLoopback = (address: string): boolean =>
  address === 'localhost' || (ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback');
