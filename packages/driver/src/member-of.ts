import type { ReadyMessage } from '@shardline/wire'
import type { Member } from './membership.ts'
import type { StageLink } from './stage-link.ts'

/** One stage that is ready. */
export interface FormedStage {
  readonly link: StageLink
  readonly ready: ReadyMessage
}

/** The stage as a part of its pipeline. */
export function memberOf({ link, ready }: FormedStage): Member {
  const { node, role, layers, address } = link.identity
  const { packedBytes, loadMs, numericClass } = ready
  const facts = { role, layers, address, party: link.party, packedBytes, loadMs, numericClass }
  return { link, facts: { node: node ?? '', ...facts } }
}
