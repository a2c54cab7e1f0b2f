import type { ByteSource } from '../byte-source.ts'
import { SourceRangeError } from '../errors.ts'

/**
 * Checks that `length` bytes from `offset` on lie inside `source`.
 *
 * @throws SourceRangeError if they don't, or if either number is not a whole number of bytes.
 */
export function checkRange(
  source: Pick<ByteSource, 'label' | 'sizeBytes'>,
  offset: number,
  length: number,
): void {
  const isWhole = Number.isSafeInteger(offset) && Number.isSafeInteger(length)
  if (!isWhole || offset < 0 || length < 0 || offset + length > source.sizeBytes) {
    throw new SourceRangeError(source, offset, length)
  }
}
