import { AbortedError } from '@shardline/core'
import { StageBusyError } from './errors.ts'

/** What {@link ResourceKeeper.acquire} is asked for. */
export interface ResourceRequest<Resource> {
  /** Two requests of the same key mean the same resource. */
  readonly key: string
  /** For messages. */
  readonly label: string
  /**
   * Whether there is room for it beside those that others use; it isn't asked while one of them loads.
   *
   * @default never
   */
  readonly hasRoom?: (beside: readonly Resource[]) => boolean
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
  /** Once it is loaded. */
  resource: Resource | undefined
}

/**
 * Keeps what is loaded: it is shared by all who ask for the same, stays for the next one when the last has given it back,
 * and makes place when something else is asked for. Several are kept only while all of them are used and there is room.
 */
export class ResourceKeeper<Resource extends AsyncDisposable> {
  readonly #kept = new Map<string, Kept<Resource>>()

  /**
   * @throws StageBusyError while others use another resource and there is no room beside it; AbortedError; what `load` throws.
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
      if (kept.users === 0 && kept.resource === undefined) this.#forgetUnloaded(kept)
      throw cause
    }
  }

  /** Frees what is kept. */
  async stop(): Promise<void> {
    const all = [...this.#kept.values()]
    this.#kept.clear()
    await Promise.all(all.map((kept) => dispose(kept)))
  }

  #keep(request: ResourceRequest<Resource>): Kept<Resource> {
    const { key, label } = request
    const known = this.#kept.get(key)
    if (known !== undefined) return known
    const others = [...this.#kept.values()]
    this.#checkRoom(request, others)
    const idle = others.filter(({ users }) => users === 0)
    for (const other of idle) this.#kept.delete(other.key)
    const abort = new AbortController()
    // Those before go first: two at the same time may be more than the machine holds.
    const loadNext = async (): Promise<Resource> => {
      await Promise.all(idle.map((other) => dispose(other)))
      return request.load(abort.signal)
    }
    const kept: Kept<Resource> = { key, label, loading: loadNext(), abort, users: 0, resource: undefined }
    kept.loading.then(
      (resource) => {
        kept.resource = resource
      },
      () => this.#remove(kept),
    )
    this.#kept.set(key, kept)
    return kept
  }

  #checkRoom(request: ResourceRequest<Resource>, others: readonly Kept<Resource>[]): void {
    const used = others.filter(({ users }) => users > 0)
    const [first] = used
    if (first === undefined) return
    const loaded = used.flatMap(({ resource }) => resource ?? [])
    if (loaded.length === used.length && request.hasRoom?.(loaded) === true) return
    throw new StageBusyError(first.label, request.label)
  }

  #remove(kept: Kept<Resource>): void {
    if (this.#kept.get(kept.key) === kept) this.#kept.delete(kept.key)
  }

  /** Nobody waits for it any more: the load is given up. */
  #forgetUnloaded(kept: Kept<Resource>): void {
    kept.abort.abort()
    this.#remove(kept)
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
