import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { systemClock, systemRandom } from '@shardline/core'

/** Options of a {@link HalfOpenCrowd}. */
export interface HalfOpenCrowdInit {
  readonly port: number
  /** Addresses that they come from, in turns. */
  readonly from: readonly string[]
  readonly count: number
}

/** Milliseconds after which a connection that was closed is opened again, half of it more or less. */
const AGAIN_MS = 10_000

/** Connections that say nothing, or begin to and go no further. One that is closed is opened again, so that there are always as many. */
export class HalfOpenCrowd {
  readonly #init: HalfOpenCrowdInit
  readonly #open = new Set<Socket>()
  #again = 0
  #opened = 0

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
    const index = this.#opened++
    const socket = connect({ host: '127.0.0.1', port, localAddress: from[index % from.length] })
    socket.on('error', () => undefined)
    const isBegun = Math.floor(index / from.length) % 2 === 1
    socket.once('connect', () => {
      this.#open.add(socket)
      if (isBegun) socket.write('GET / HTTP/1.1\r\nHost: ')
    })
    socket.once('close', () => {
      this.#open.delete(socket)
      void systemClock.sleep(AGAIN_MS * (0.5 + systemRandom.float())).then(() => {
        this.#again += 1
        this.#connect()
      })
    })
  }
}
