import { createHash } from 'node:crypto'
import { FileMissingError } from '../../src/errors.ts'
import type { CheckpointFiles } from '../../src/source/checkpoint-files.ts'
import { MemorySource } from './memory-source.ts'

/** The files of a checkpoint in memory. */
export class MemoryFiles implements CheckpointFiles {
  readonly reference = 'memory'
  readonly names: readonly string[]
  readonly origin: undefined
  readonly #files: ReadonlyMap<string, Uint8Array>
  readonly #sources = new Map<string, MemorySource>()
  isClosed = false

  constructor(files: Readonly<Record<string, Uint8Array | string>>) {
    this.#files = new Map(
      Object.entries(files).map(([name, content]) => [
        name,
        typeof content === 'string' ? Buffer.from(content) : content,
      ]),
    )
    this.names = [...this.#files.keys()]
  }

  /** The same files with some replaced, added or (undefined) removed. */
  with(changes: Readonly<Record<string, Uint8Array | string | undefined>>): MemoryFiles {
    const files: Record<string, Uint8Array | string> = Object.fromEntries(this.#files)
    for (const [name, content] of Object.entries(changes)) {
      if (content === undefined) delete files[name]
      else files[name] = content
    }
    return new MemoryFiles(files)
  }

  /** Bytes that were read from all files so far. */
  get readBytes(): number {
    return [...this.#sources.values()].reduce((sum, source) => sum + source.readBytes, 0)
  }

  async open(name: string): Promise<MemorySource> {
    const bytes = this.#files.get(name)
    if (bytes === undefined) throw new FileMissingError(this.reference, name)
    const source = this.#sources.get(name) ?? new MemorySource(bytes, name)
    this.#sources.set(name, source)
    return source
  }

  async readText(name: string): Promise<string | undefined> {
    const bytes = this.#files.get(name)
    return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8')
  }

  async sha256(name: string): Promise<string> {
    return createHash('sha256')
      .update(this.#files.get(name) ?? '')
      .digest('hex')
  }

  async share(): Promise<undefined> {
    return undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isClosed = true
  }
}
