import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { RotoError } from '@roto/sdk/contract';
import ipaddr from 'ipaddr.js';

/**
 * Whether an address is one of the open internet: not private, loopback, link-local, shared,
 * multicast or reserved, and no form of IPv6 that stands for an IPv4 address, which may be one.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  return ipaddr.process(address).range() === 'unicast';
}

/**
 * Refuses a URL that plainly does not lead to the open internet. Names are checked when they are
 * resolved, by {@link publicLookup}.
 * @throws RotoError `invalid_argument`
 */
export function checkPublicUrl(text: string): void {
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw refusal('Expected a URL without a name and a password.');
  }
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const isLocalName = host === 'localhost' || /\.(localhost|local|internal)$/.test(host);
  const isLocalAddress = ipaddr.isValid(host) && !isPublicAddress(host);
  if (isLocalName || isLocalAddress) throw refusal('Expected the URL of a public server.');
}

function refusal(message: string): RotoError {
  return new RotoError('invalid_argument', message, { param: 'url' });
}

/**
 * Resolves names for connections, and gives only addresses of the open internet. The connection goes
 * to what was checked: a name that changes between a check and the connection leads nowhere else.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  systemLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 0);
    const isPublic = addresses.every(({ address }) => isPublicAddress(address));
    const [first] = addresses;
    if (!isPublic || first === undefined) {
      return callback(new Error(`${hostname} is not on the open internet.`), '', 0);
    }
    if (options.all) return callback(null, addresses);
    callback(null, first.address, first.family);
  });
};
