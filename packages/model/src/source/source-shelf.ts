import { CleanupStack } from '@shardline/core'
import type { ByteSource } from '../byte-source.ts'

/** Opens each source once, on first use, and closes all of them together. A failed opening is tried again by the next caller. */
export class SourceShelf<S extends ByteSource> implements AsyncDisposable {
  readonly #open: (name: string) => Promise<S>
  readonly #sources = new Map<string, Promise<S>>()
  readonly #cleanup = new CleanupStack()

  constructor(open: (name: string) => Promise<S>) {
    this.#open = open
  }

  /** The one source of that name. @throws what the opening throws. */
  get(name: string): Promise<S> {
    const known = this.#sources.get(name)
    if (known !== undefined) return known
    const opening = this.#start(name)
    this.#sources.set(name, opening)
    return opening
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#sources.values())
    this.#sources.clear()
    await this.#cleanup.run()
  }

  async #start(name: string): Promise<S> {
    try {
      const source = await this.#open(name)
      this.#cleanup.add(async () => {
        await source[Symbol.asyncDispose]()
      })
      return source
    } catch (cause) {
      this.#sources.delete(name)
      throw cause
    }
  }
}
