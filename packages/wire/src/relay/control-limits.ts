import type { WireLimits } from '../limits.ts'
import { RELAY_CHUNK_BYTES } from './relay-limits.ts'

/** Messages between a node and its relay are a few hundred bytes long, and few of them wait. */
const CONTROL_HEADER_BYTES_MAX = 8192
const CONTROL_INBOX_ENTRIES_MAX = 64

/** What a link between a node and its relay takes: little, as neither has reason to trust the other. */
export function controlLimits(): Partial<WireLimits> {
  return {
    frameBytesMax: RELAY_CHUNK_BYTES / 2,
    headerBytesMax: CONTROL_HEADER_BYTES_MAX,
    inboxEntriesMax: CONTROL_INBOX_ENTRIES_MAX,
  }
}
