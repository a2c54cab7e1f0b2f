import type { RelayCounters } from '@shardline/wire'
import type { RelayStatus } from './status-document.ts'

/** A relay. */
export function relayStatus(party: string, address: string, counters: RelayCounters): RelayStatus {
  return {
    role: 'relay',
    party,
    address,
    registrations: counters.registrations,
    pipes: counters.pipes,
    pipes_opened: counters.pipesOpened,
    relayed_bytes: counters.relayedBytes,
    refused: { ...counters.refused },
  }
}
