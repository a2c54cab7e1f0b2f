import { networkOf } from '@shardline/wire'

/** `host:port`, as listeners write where a peer comes from; an IPv6 host stands without brackets. */
const HOST_AND_PORT = /^([0-9a-f.:]+(?:%\w+)?):\d{1,5}$/i

/** What a peer's address shares with others of the same holder; of an address that has no host, the address itself. */
export function networkOfPeer(address: string): string {
  const from = HOST_AND_PORT.exec(address)?.[1]
  if (from !== undefined) return networkOf(from)
  if (!URL.canParse(address)) return address
  const host = new URL(address).hostname.replace(/^\[(.*)\]$/, '$1')
  return host === '' ? address : networkOf(host)
}
