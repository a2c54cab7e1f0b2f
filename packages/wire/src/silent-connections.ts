import type { Socket } from 'node:net'

/** Options of {@link SilentConnections}. */
export interface SilentConnectionsInit {
  /** How many are held; one more cuts the oldest. */
  readonly openMax: number
  /** Milliseconds that one is held. */
  readonly msMax: number
  /** Takes a connection of which something came; that is still to be read. */
  readonly onSpeak: (stream: Socket) => void
}

/**
 * Holds connections of which nothing came yet. Such a one is cheap to hold (a file descriptor and about 4 KiB), dearer to
 * cut, because who only holds connections opens another at once, and dearest as an HTTP connection of its own. So many are
 * held for long, and none is anything more before its first byte.
 */
export class SilentConnections {
  readonly #init: SilentConnectionsInit
  /** In order of arrival. */
  readonly #open = new Set<Socket>()

  constructor(init: SilentConnectionsInit) {
    this.#init = init
  }

  /** How many are held now. */
  get size(): number {
    return this.#open.size
  }

  /** Holds one until something comes of it, it ends, its time is up, or it is the oldest of too many. */
  hold(stream: Socket): void {
    if (this.#open.size >= this.#init.openMax) this.#cutOldest()
    this.#open.add(stream)
    const cut = (): void => {
      stream.destroy()
    }
    const speak = (chunk: Buffer): void => {
      leave()
      stream.pause()
      stream.unshift(chunk)
      this.#init.onSpeak(stream)
      stream.resume()
    }
    const leave = (): void => {
      this.#open.delete(stream)
      stream.setTimeout(0, cut)
      stream.off('data', speak).off('end', cut).off('error', cut).off('close', leave)
    }
    stream.setTimeout(this.#init.msMax, cut)
    stream.once('data', speak).once('end', cut).once('error', cut).once('close', leave)
  }

  /** Cuts all. */
  close(): void {
    while (this.#open.size > 0) this.#cutOldest()
  }

  #cutOldest(): void {
    const [oldest] = this.#open
    if (oldest === undefined) return
    this.#open.delete(oldest)
    oldest.destroy()
  }
}
