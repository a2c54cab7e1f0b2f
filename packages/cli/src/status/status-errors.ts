import { ShardlineError } from '@shardline/core'

/** A status can't be served there: the port is taken, or the host isn't this machine's. */
export class StatusAddressError extends ShardlineError {
  override readonly name = 'StatusAddressError'
  readonly code = 'CLI_STATUS_ADDRESS_UNUSABLE'

  constructor(address: string, cause: unknown) {
    super(`the status can't be served on ${address}; it takes a free port of this machine`, {
      details: { address },
      cause,
    })
  }
}

/** A request to a status server named a host that isn't its own: an IP address, `localhost`, or what it listens on. */
export class StatusHostError extends ShardlineError {
  override readonly name = 'StatusHostError'
  readonly code = 'CLI_STATUS_HOST_REFUSED'

  constructor() {
    super(
      'the host name is not that of this server; ask by an IP address, by localhost, or by the name it listens on',
    )
  }
}

/** A web page asked a status server. */
export class StatusOriginError extends ShardlineError {
  override readonly name = 'StatusOriginError'
  readonly code = 'CLI_STATUS_ORIGIN_REFUSED'

  constructor() {
    super('web pages may not ask; only programs may')
  }
}

/** A status server has nothing at a path; it has `/v1/status` and `/metrics`. */
export class StatusPathError extends ShardlineError {
  override readonly name = 'StatusPathError'
  readonly code = 'CLI_STATUS_PATH_UNKNOWN'

  constructor() {
    super('there is nothing here; there are GET /v1/status and GET /metrics')
  }
}

/** Nobody serves a status at an address. */
export class StatusUnreachableError extends ShardlineError {
  override readonly name = 'StatusUnreachableError'
  readonly code = 'CLI_STATUS_UNREACHABLE'
  override readonly retryable = true

  constructor(address: string, cause: unknown) {
    super(`no status could be read from ${address}; a role serves one if it was started with --status`, {
      details: { address },
      cause,
    })
  }
}

/** What answered at an address is no status that this version reads. */
export class StatusUnreadableError extends ShardlineError {
  override readonly name = 'StatusUnreadableError'
  readonly code = 'CLI_STATUS_UNREADABLE'

  constructor(address: string, reason: string) {
    super(`what ${address} answers is no status: ${reason}`, { details: { address } })
  }
}
