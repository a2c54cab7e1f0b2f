import { AbortedError } from '@shardline/core'
import { StageBusyError } from './errors.ts'

/** What {@link ResourceKeeper.acquire} is asked for. */
export interface ResourceRequest<Resource> {
  /** Two requests of the same key mean the same resource. */
  readonly key: string
  /** For messages. */
  readonly label: string
  /** Aborts the wait; the load itself goes on as long as somebody waits for it. */
  readonly signal: AbortSignal
  load(signal: AbortSignal): Promise<Resource>
}

/** A resource in use. */
export interface Lease<Resource> {
  readonly resource: Resource
  /** Gives it back. Only the first call counts. */
  release(): void
}

interface Kept<Resource> {
  readonly key: string
  readonly label: string
  readonly loading: Promise<Resource>
  readonly abort: AbortController
  users: number
  isLoaded: boolean
}

/**
 * Keeps one loaded resource: it is shared by all who ask for the same, stays for the next one when the last has given it
 * back, and makes place when something else is asked for.
 */
export class ResourceKeeper<Resource extends AsyncDisposable> {
  #kept: Kept<Resource> | undefined

  /**
   * @throws StageBusyError while others use another resource; AbortedError; what `load` throws.
   */
  async acquire(request: ResourceRequest<Resource>): Promise<Lease<Resource>> {
    const kept = this.#keep(request)
    kept.users += 1
    let isReleased = false
    const release = (): void => {
      if (isReleased) return
      isReleased = true
      kept.users -= 1
    }
    try {
      const resource = await untilAborted(kept.loading, request.signal)
      return { resource, release }
    } catch (cause) {
      release()
      if (kept.users === 0 && !kept.isLoaded) this.#forgetUnloaded(kept)
      throw cause
    }
  }

  /** Frees what is kept. */
  async stop(): Promise<void> {
    const kept = this.#kept
    this.#kept = undefined
    if (kept !== undefined) await dispose(kept)
  }

  #keep(request: ResourceRequest<Resource>): Kept<Resource> {
    const before = this.#kept
    if (before?.key === request.key) return before
    if (before !== undefined && before.users > 0) throw new StageBusyError(before.label, request.label)
    const abort = new AbortController()
    // The one before goes first: two at the same time may be more than the machine holds.
    const loadNext = async (): Promise<Resource> => {
      if (before !== undefined) await dispose(before)
      return request.load(abort.signal)
    }
    const { key, label } = request
    const kept: Kept<Resource> = { key, label, loading: loadNext(), abort, users: 0, isLoaded: false }
    kept.loading.then(
      () => {
        kept.isLoaded = true
      },
      () => {
        if (this.#kept === kept) this.#kept = undefined
      },
    )
    this.#kept = kept
    return kept
  }

  /** Nobody waits for it any more: the load is given up. */
  #forgetUnloaded(kept: Kept<Resource>): void {
    kept.abort.abort()
    if (this.#kept === kept) this.#kept = undefined
    void dispose(kept)
  }
}

async function dispose(kept: {
  readonly loading: Promise<AsyncDisposable>
  readonly abort: AbortController
}): Promise<void> {
  kept.abort.abort()
  const resource = await kept.loading.catch(() => undefined)
  await resource?.[Symbol.asyncDispose]()
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw new AbortedError('loading', signal.reason)
  const over = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new AbortedError('loading', signal.reason)), {
      signal: over.signal,
    })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    over.abort()
  }
}
