import { InterruptedError } from '../errors.ts'
import { exitCodeOfSignal } from './exit-code.ts'

/** The part of `process` that an {@link Interrupt} listens to. */
export interface SignalSource {
  on(event: string, listener: () => void): unknown
  off(event: string, listener: () => void): unknown
}

/** Options of an {@link Interrupt}. */
export interface InterruptInit {
  readonly source: SignalSource
  /** Whether ^C is the business of the process that started this one; it will say when to stop. */
  readonly isSupervised: boolean
  /** Ends the process without further ado. */
  readonly exit: (code: number) => void
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Turns signals into one AbortSignal: the first asks for a clean end, a second one of the same command ends at once.
 * A command that has a better use for ^C (a chat: stop this answer) takes it with {@link intercept}.
 */
export class Interrupt {
  readonly #controller = new AbortController()
  readonly #init: InterruptInit
  readonly #listeners: (readonly [string, () => void])[] = []
  #intercepted: (() => boolean) | undefined

  constructor(init: InterruptInit) {
    this.#init = init
    for (const signal of SIGNALS) {
      const listener = (): void => this.#onSignal(signal)
      init.source.on(signal, listener)
      this.#listeners.push([signal, listener])
    }
  }

  /** Aborts when the command has to end; the reason is an InterruptedError if a person or the system wants it to. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Lets `handler` have ^C first; it returns whether it used it. Undefined takes it back. */
  intercept(handler: (() => boolean) | undefined): void {
    this.#intercepted = handler
  }

  /** Asks for a clean end. Without a reason nobody wants the result any more, and the end counts as done. */
  stop(reason?: InterruptedError): void {
    this.#controller.abort(reason)
  }

  /** Stops listening. */
  close(): void {
    for (const [signal, listener] of this.#listeners) this.#init.source.off(signal, listener)
  }

  #onSignal(signal: (typeof SIGNALS)[number]): void {
    if (signal === 'SIGINT' && this.#init.isSupervised) return
    const code = exitCodeOfSignal(signal)
    if (this.#controller.signal.aborted) {
      this.#init.exit(code)
      return
    }
    if (signal === 'SIGINT' && this.#intercepted?.() === true) return
    this.#controller.abort(new InterruptedError(signal, code))
  }
}
