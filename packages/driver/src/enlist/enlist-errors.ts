import { ShardlineError } from '@shardline/core'

/** As many nodes have enlisted with a driver as it takes, in all or from one network. */
export class EnlistFullError extends ShardlineError {
  override readonly name = 'EnlistFullError'
  readonly code = 'DRIVER_ENLIST_FULL'
  override readonly retryable = true

  constructor(nodesMax: number, network?: string) {
    const where = network === undefined ? 'this driver' : `this driver from ${network}`
    super(`${nodesMax} nodes are enlisted with ${where} already, the limit`, {
      details: { nodesMax, network: network ?? null },
    })
  }
}

/** Another process with the same key has enlisted in the same role: one of them is too many. */
export class EnlistReplacedError extends ShardlineError {
  override readonly name = 'EnlistReplacedError'
  readonly code = 'DRIVER_ENLIST_REPLACED'

  constructor(role: string, address: string) {
    super(
      `another ${role} with this key has enlisted, at ${address}; start each node with a key of its own, for example --key second`,
      { details: { role, address } },
    )
  }
}

/** A node that would enlist can't be dialed where it says that it is. */
export class EnlistUnreachableError extends ShardlineError {
  override readonly name = 'EnlistUnreachableError'
  readonly code = 'DRIVER_ENLIST_UNREACHABLE'

  constructor(addresses: readonly string[], cause?: unknown) {
    const why = cause instanceof Error ? ` (${cause.message})` : ''
    const where = addresses.length === 0 ? 'an address: it names none' : addresses.join(' or ')
    super(
      `the driver can't dial the node at ${where}${why}; open the port, or start the node with --relay relay://host:port`,
      { details: { addresses }, cause },
    )
  }
}

/** A node that would enlist can't be a stage of this driver's model. */
export class EnlistUnsuitableError extends ShardlineError {
  override readonly name = 'EnlistUnsuitableError'
  readonly code = 'DRIVER_ENLIST_UNSUITABLE'

  constructor(reason: string, cause?: unknown) {
    super(`this node can't be a stage here: ${reason}`, { cause })
  }
}

/** A peer does at a driver's door what no node does that enlists. */
export class EnlistUnexpectedError extends ShardlineError {
  override readonly name = 'EnlistUnexpectedError'
  readonly code = 'DRIVER_ENLIST_UNEXPECTED'

  constructor(what: string) {
    super(`this address is for nodes that enlist: ${what}`)
  }
}
