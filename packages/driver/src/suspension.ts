import { AbortedError } from '@shardline/core'

/** Whether a pipeline stands still because its stages are replaced, and a wait for its end. */
export class Suspension {
  #wait: Promise<void> | undefined
  #end: () => void = () => undefined

  get isOn(): boolean {
    return this.#wait !== undefined
  }

  /** Nothing if it has begun. */
  begin(): void {
    this.#wait ??= new Promise((resolve) => {
      this.#end = resolve
    })
  }

  /** Lets everybody go on. */
  end(): void {
    this.#end()
    this.#wait = undefined
  }

  /** Resolves when it is over, at once if it isn't on. @throws AbortedError. */
  async ended(signal: AbortSignal): Promise<void> {
    while (this.#wait !== undefined) await untilAborted(this.#wait, signal)
  }
}

async function untilAborted(wait: Promise<void>, signal: AbortSignal): Promise<void> {
  const over = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(new AbortedError('the wait for a repair', signal.reason))
    signal.addEventListener('abort', onAbort, { signal: over.signal })
    if (signal.aborted) onAbort()
  })
  try {
    await Promise.race([wait, aborted])
  } finally {
    over.abort()
  }
}
