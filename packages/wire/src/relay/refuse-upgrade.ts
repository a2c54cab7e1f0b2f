import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ShardlineError } from '@shardline/core'
import { DialFailedError, RelayBusyError } from '../errors.ts'

/** Why a relay doesn't open a WebSocket. */
export type RelayRefusal = 'not-found' | 'origin' | 'busy' | 'rate' | 'unanswered' | 'stopping'

const STATUS: Readonly<Record<RelayRefusal, number>> = {
  'not-found': 404,
  origin: 403,
  busy: 503,
  rate: 429,
  unanswered: 504,
  stopping: 410,
}

/** Says why in place of opening a WebSocket, and ends the connection. */
export function refuseUpgrade(stream: Duplex, refusal: RelayRefusal): void {
  const status = STATUS[refusal]
  stream.on('error', () => undefined)
  stream.once('finish', () => stream.destroy())
  stream.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  )
}

/** The error that a relay's status means to who dialed `address` through it. */
export function errorOfStatus(status: number, address: string): ShardlineError {
  switch (status) {
    case STATUS['not-found']:
      return new DialFailedError(address, 'no node is registered there under that name now')
    case STATUS.busy:
      return new RelayBusyError(address, 'the node or the relay has as many pipes as its limit allows')
    case STATUS.rate:
      return new RelayBusyError(address, 'too many dials came from this address')
    case STATUS.unanswered:
      return new DialFailedError(address, 'the node was called by its relay and did not answer')
    case STATUS.stopping:
      return new DialFailedError(address, 'the relay is stopping')
    default:
      return new DialFailedError(address, `its relay answers with status ${status}`)
  }
}
