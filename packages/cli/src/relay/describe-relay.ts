import type { RelayCounters } from '@shardline/wire'
import { formatBytes, formatCount } from '../console/format.ts'

/** What a relay did, in one line. */
export function describeRelay(counters: RelayCounters): string {
  const { registrations, pipes, pipesOpened, relayedBytes } = counters
  const refused = Object.values(counters.refused).reduce((sum, count) => sum + count, 0)
  const facts = [
    `${formatCount(registrations)} nodes`,
    `${formatCount(pipes)} pipes open, ${formatCount(pipesOpened)} in all`,
    `${formatBytes(relayedBytes)} passed on`,
    ...(refused === 0 ? [] : [`${formatCount(refused)} dials refused`]),
  ]
  return facts.join(' · ')
}

/** The same for programs. */
export function relayToJson(counters: RelayCounters): Readonly<Record<string, unknown>> {
  const { registrations, pipes, pipesOpened, relayedBytes, refused } = counters
  return {
    registrations,
    pipes,
    pipes_opened: pipesOpened,
    relayed_bytes: relayedBytes,
    refused: {
      unknown_name: refused['not-found'],
      web_page: refused.origin,
      full: refused.busy,
      rate: refused.rate,
      unanswered: refused.unanswered,
      stopping: refused.stopping,
    },
  }
}
