import type { PartyId } from '@shardline/identity'

/** A node that is enlisted with a driver: who it is, where the driver reached it, and what it measured of itself. */
export interface EnlistedNode {
  readonly role: 'worker' | 'validator'
  /** Its name in reports. */
  readonly name: string
  readonly node: PartyId
  /** Where it is dialed, without its id. */
  readonly address: string
  readonly work: {
    /** Computers of one class compute the same bits. */
    readonly numericClass: string
    /** Bytes that a plan may use: the least of what it offers and what it says to be free. */
    readonly memoryBytes: number
    /** Milliseconds for a billion multiply-adds of single tokens. */
    readonly decodeMs: number
  }
}

/** How a node that is enlisted is dialed as a stage: nobody else may be there. */
export function placeOfNode({ address, node }: Pick<EnlistedNode, 'address' | 'node'>): string {
  return `${address}#${node}`
}
