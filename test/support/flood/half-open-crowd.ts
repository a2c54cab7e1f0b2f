import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { systemClock, systemRandom } from '@shardline/core'

/** Options of a {@link HalfOpenCrowd}. */
export interface HalfOpenCrowdInit {
  readonly port: number
  readonly from: string
  readonly count: number
}

/**
 * Milliseconds after which a connection that was closed is opened again, half of it more or less: so long it would be held by
 * who waits for a handshake. Of 10,000, those are 1,000 a second.
 */
const AGAIN_MS = 10_000

/** Connections that say nothing. One that is closed is opened again, so that there are always as many. */
export class HalfOpenCrowd {
  readonly #init: HalfOpenCrowdInit
  readonly #open = new Set<Socket>()
  #again = 0

  constructor(init: HalfOpenCrowdInit) {
    this.#init = init
    for (let index = 0; index < init.count; index++) this.#connect()
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#open.size
  }

  /** How often one was opened again. */
  get again(): number {
    return this.#again
  }

  #connect(): void {
    const { port, from } = this.#init
    const socket = connect({ host: '127.0.0.1', port, localAddress: from })
    socket.on('error', () => undefined)
    socket.once('connect', () => this.#open.add(socket))
    socket.once('close', () => {
      this.#open.delete(socket)
      void systemClock.sleep(AGAIN_MS * (0.5 + systemRandom.float())).then(() => {
        this.#again += 1
        this.#connect()
      })
    })
  }
}
