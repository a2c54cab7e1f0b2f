import type { Log, LogFields } from '@shardline/core'

/** One line of a log. */
export interface RecordedEvent {
  readonly event: string
  readonly fields: LogFields
}

/** A log that keeps its lines, and says when one came. */
export class RecordingLog implements Log {
  readonly events: RecordedEvent[] = []
  readonly #waiting = new Set<() => void>()

  error(event: string, fields: LogFields = {}): void {
    this.#keep(event, fields)
  }

  warn(event: string, fields: LogFields = {}): void {
    this.#keep(event, fields)
  }

  info(event: string, fields: LogFields = {}): void {
    this.#keep(event, fields)
  }

  debug(): void {
    // Only life events are kept.
  }

  trace(): void {
    // Only life events are kept.
  }

  child(): Log {
    return this
  }

  /** Lines with this event, in order. */
  of(event: string): readonly LogFields[] {
    return this.events.filter((line) => line.event === event).map(({ fields }) => fields)
  }

  /** Resolves when `count` lines with this event are there; with false when `signal` aborts before. */
  async until(event: string, count: number, signal: AbortSignal): Promise<boolean> {
    while (this.of(event).length < count) {
      if (signal.aborted) return false
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake)
          signal.removeEventListener('abort', wake)
          resolve()
        }
        this.#waiting.add(wake)
        signal.addEventListener('abort', wake, { once: true })
      })
    }
    return true
  }

  #keep(event: string, fields: LogFields): void {
    this.events.push({ event, fields })
    for (const wake of this.#waiting) wake()
  }
}
