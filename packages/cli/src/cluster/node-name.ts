import { nodeId } from '@shardline/core'
import type { NodeId, Random } from '@shardline/core'
import { VERSION } from '../version.ts'

/** What nodes say that they run, for logs. */
export const SOFTWARE: string = `shardline/${VERSION}`

const NAME_BYTES = 4

/** A name for a node that was given none: unlikely to occur twice in one pipeline. */
export function nodeName(role: string, random: Random): NodeId {
  return nodeId(`${role}-${Buffer.from(random.bytes(NAME_BYTES)).toString('hex')}`)
}
