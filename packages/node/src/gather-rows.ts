/**
 * Puts the rows of several parts behind each other. Parts that lie behind each other already, as those of one frame do,
 * are not copied: the result is then a view of their buffer.
 */
export function gatherRows(parts: readonly Float32Array[]): Float32Array {
  const [first] = parts
  if (first === undefined) return new Float32Array(0)
  if (parts.length === 1) return first
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  if (isContiguous(parts, first)) return new Float32Array(first.buffer, first.byteOffset, length)
  const gathered = new Float32Array(length)
  let offset = 0
  for (const part of parts) {
    gathered.set(part, offset)
    offset += part.length
  }
  return gathered
}

function isContiguous(parts: readonly Float32Array[], first: Float32Array): boolean {
  let end = first.byteOffset
  for (const part of parts) {
    if (part.buffer !== first.buffer || part.byteOffset !== end) return false
    end += part.byteLength
  }
  return true
}
