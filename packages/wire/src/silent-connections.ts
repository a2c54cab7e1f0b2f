import type { Socket } from 'node:net'
import type { Clock, Milliseconds } from '@shardline/core'
import { areFilesShort, countSilent } from './files.ts'

/** Collaborators of {@link SilentConnections}. */
export interface SilentConnectionsComponents {
  readonly clock: Pick<Clock, 'monotonic'>
  /** Takes a connection that has asked for something; what came of it is still to be read. */
  readonly onAsked: (stream: Socket) => void
}

/** Options of {@link SilentConnections}. */
export interface SilentConnectionsInit {
  /** How many are held; one more cuts the oldest. So does one more than half of the files that the process may open. */
  readonly openMax: number
  /** Milliseconds that one is held at the most; some are held half as long, so that many that came together aren't cut together. */
  readonly msMax: Milliseconds
}

/** How a request for a WebSocket begins (RFC 6455, section 4.1). */
const BEGINNING = Buffer.from('GET ')

/** Where the headers of an HTTP request end (RFC 9112, section 2.1). */
const END_OF_HEADERS = Buffer.from('\r\n\r\n')

/** Bytes of a request that are held while it isn't whole: those of ours are shorter. Whatever else comes, HTTP answers. */
const PART_BYTES_MAX = 1024

/** In so many parts those that came together are cut. Few enough that timers of the same length share a list. */
const PARTS = 32

/**
 * Holds connections of which no request came yet. Such a one is cheap to hold (a file descriptor and about 4 KiB), dearer
 * to cut, because who only holds connections opens another at once, and dearest as an HTTP connection of its own. So many
 * are held for long, and none is anything more before its request is there.
 */
export class SilentConnections {
  readonly #components: SilentConnectionsComponents
  readonly #init: SilentConnectionsInit
  /** In order of arrival. */
  readonly #open = new Set<Socket>()
  #held = 0

  constructor(components: SilentConnectionsComponents, init: SilentConnectionsInit) {
    this.#components = components
    this.#init = init
  }

  /** How many are held now. */
  get size(): number {
    return this.#open.size
  }

  /** Holds one until its request is there, it ends, its time is up, or it is the oldest of too many. */
  hold(stream: Socket): void {
    if (this.#open.size >= this.#init.openMax || areFilesShort()) this.#cutOldest()
    this.#open.add(stream)
    countSilent(1)
    const { clock, onAsked } = this.#components
    const msMax = this.#nextMsMax()
    const endsAtMs = clock.monotonic() + msMax
    let part: Buffer | undefined
    const cut = (): void => {
      stream.destroy()
    }
    const take = (chunk: Buffer): void => {
      part = part === undefined ? chunk : Buffer.concat([part, chunk])
      if (isBegun(part)) {
        // The timer begins anew with each byte.
        if (clock.monotonic() > endsAtMs) cut()
        return
      }
      leave()
      stream.pause()
      stream.unshift(part)
      onAsked(stream)
      stream.resume()
    }
    const leave = (): void => {
      this.#forget(stream)
      stream.setTimeout(0, cut)
      stream.off('data', take).off('end', cut).off('error', cut).off('close', leave)
    }
    stream.setTimeout(msMax, cut)
    stream.on('data', take).once('end', cut).once('error', cut).once('close', leave)
  }

  /** Cuts all. */
  close(): void {
    while (this.#open.size > 0) this.#cutOldest()
  }

  /** From half of the time to all of it, in turns. */
  #nextMsMax(): Milliseconds {
    this.#held += 1
    return this.#init.msMax * (1 - (this.#held % PARTS) / (2 * PARTS))
  }

  #cutOldest(): void {
    const [oldest] = this.#open
    if (oldest === undefined) return
    this.#forget(oldest)
    oldest.destroy()
  }

  #forget(stream: Socket): void {
    if (this.#open.delete(stream)) countSilent(-1)
  }
}

/** Whether more has to come before it is known what is asked. */
function isBegun(part: Buffer): boolean {
  const beginning = part.subarray(0, BEGINNING.byteLength)
  const isRequest = beginning.equals(BEGINNING.subarray(0, beginning.byteLength))
  return isRequest && part.byteLength <= PART_BYTES_MAX && !part.includes(END_OF_HEADERS)
}
