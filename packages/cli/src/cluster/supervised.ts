import { ORPHAN_MS_MAX } from '../limits.ts'
import type { Interrupt } from '../run/interrupt.ts'
import type { GivenKey } from './role-key.ts'
import { isStopMessage, parseKeyMessage } from './role-message.ts'
import type { RoleMessage } from './role-message.ts'
import type { ErrorReport } from '../run/error-report.ts'

/** The part of `process` that a {@link Supervised} uses. */
export interface SupervisorChannel {
  readonly connected: boolean
  send?(message: RoleMessage, done: () => void): unknown
  on(event: 'message', listener: (message: unknown) => void): unknown
  on(event: 'disconnect', listener: () => void): unknown
}

/** Options of a {@link Supervised}. */
export interface SupervisedInit {
  readonly channel: SupervisorChannel
  readonly interrupt: Interrupt
  /** Ends the process without further ado. */
  readonly exit: (code: number) => void
  /** @default ORPHAN_MS_MAX */
  readonly orphanMsMax?: number
}

/**
 * A role process's bond to the process that started it. It ends with it: on its order, and when the channel breaks
 * because it died, however it died. If a clean end takes too long then, the process ends anyway: no orphans.
 */
export class Supervised {
  /** What it was given to be. Stays open if the process that started it gives no keys. */
  readonly key: Promise<GivenKey>
  readonly #init: SupervisedInit
  #isEnding = false

  constructor(init: SupervisedInit) {
    this.#init = init
    init.channel.on('disconnect', () => this.#end())
    this.key = new Promise((resolve) => {
      init.channel.on('message', (message) => {
        if (isStopMessage(message)) this.#end()
        const key = parseKeyMessage(message)
        if (key !== undefined) resolve(key)
      })
    })
    // The parent may have died before this process listened.
    if (!init.channel.connected) this.#end()
  }

  /** Says that this process listens at `address`. */
  ready(address: string): Promise<void> {
    return this.#tell({ kind: 'ready', address })
  }

  /** Says that this process can't go on. */
  failed(report: ErrorReport): Promise<void> {
    return this.#tell({ kind: 'failed', report })
  }

  async #tell(message: RoleMessage): Promise<void> {
    const { channel } = this.#init
    if (!channel.connected) return
    await new Promise<void>((resolve) => {
      channel.send?.(message, resolve)
    })
  }

  #end(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    setTimeout(() => this.#init.exit(1), this.#init.orphanMsMax ?? ORPHAN_MS_MAX).unref()
    this.#init.interrupt.stop()
  }
}
