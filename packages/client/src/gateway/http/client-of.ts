import { isIPv4, isIPv6 } from 'node:net'

const MAPPED = '::ffff:'
const GROUPS = 8
const NETWORK_GROUPS = 4

/**
 * Whose share of the limits a request takes: its IPv4 address, or the network of 64 bits of its IPv6 address, since who
 * has one address of such a network has all of them.
 */
export function clientOf(ip: string): string {
  if (ip.startsWith(MAPPED) && isIPv4(ip.slice(MAPPED.length))) return ip.slice(MAPPED.length)
  if (!isIPv6(ip)) return ip
  const [head = '', tail] = (ip.split('%')[0] ?? '').split('::')
  const left = groupsOf(head)
  const right = groupsOf(tail ?? '')
  const zeros = Array.from({ length: Math.max(0, GROUPS - left.length - right.length) }, () => '0')
  return `${[...left, ...zeros, ...right].slice(0, NETWORK_GROUPS).join(':')}::/64`
}

function groupsOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(':')
}
