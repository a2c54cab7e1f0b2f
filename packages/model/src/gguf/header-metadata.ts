import { GgufInvalidError } from '../errors.ts'
import { GGUF_KEY_BYTES_MAX } from '../limits.ts'
import type { HeaderCursor } from './header-cursor.ts'
import type { GgufMetadata, GgufValue } from './metadata.ts'
import type { EntryBudget } from './read-value.ts'
import { ARRAY_TYPE, checkArray, readArray, readScalar } from './read-value.ts'

/**
 * The key-value pairs of a header. Its lists are checked, but stay the bytes that they are until someone asks for them:
 * a vocabulary takes ten times the memory once it is an array of strings, and only drivers need it.
 */
export class HeaderMetadata implements GgufMetadata {
  readonly #values = new Map<string, GgufValue>()
  readonly #lists = new Map<string, HeaderCursor>()

  has(key: string): boolean {
    return this.#values.has(key) || this.#lists.has(key)
  }

  get(key: string): GgufValue | undefined {
    const list = this.#lists.get(key)
    return list === undefined ? this.#values.get(key) : readArray(list.again())
  }

  /**
   * Reads the next pair.
   *
   * @throws GgufInvalidError if its key was there before, its type is unknown, or its lists have more entries than
   * `budget` has left; GgufCutError if the bytes end inside it.
   */
  add(cursor: HeaderCursor, budget: EntryBudget): void {
    const key = cursor.string('a metadata key', GGUF_KEY_BYTES_MAX)
    if (this.has(key))
      throw new GgufInvalidError(
        cursor.label,
        `it has the metadata key ${JSON.stringify(key.slice(0, 100))} twice`,
      )
    const type = cursor.u32()
    if (type !== ARRAY_TYPE) {
      this.#values.set(key, readScalar(cursor, type))
      return
    }
    const start = cursor.offset
    checkArray(cursor, budget)
    this.#lists.set(key, cursor.copySince(start))
  }
}
