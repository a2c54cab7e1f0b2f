import { CleanupStack } from '@shardline/core'
import type { ByteSource } from '../byte-source.ts'

/** Opens each source once, on first use, and closes all of them together. A failed opening is tried again by the next caller. */
export class SourceShelf implements AsyncDisposable {
  readonly #open: (name: string) => Promise<ByteSource>
  readonly #sources = new Map<string, Promise<ByteSource>>()
  readonly #cleanup = new CleanupStack()

  constructor(open: (name: string) => Promise<ByteSource>) {
    this.#open = open
  }

  /** The one source of that name. @throws what the opening throws. */
  get(name: string): Promise<ByteSource> {
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

  async #start(name: string): Promise<ByteSource> {
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
