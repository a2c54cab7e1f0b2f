import { networkOf } from '@shardline/wire'

/** What a peer's address shares with others of the same holder; of an address that has no host, the address itself. */
export function networkOfPeer(address: string): string {
  if (!URL.canParse(address)) return address
  const host = new URL(address).hostname.replace(/^\[(.*)\]$/, '$1')
  return host === '' ? address : networkOf(host)
}
