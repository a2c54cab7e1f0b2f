/**
 * A set of Unicode characters: pairs of first and last code point, ascending, apart from each other.
 * Halves of surrogate pairs are no characters and in no set.
 */
export type CharClass = readonly number[]

const SURROGATE_FIRST = 0xd8_00
const SURROGATE_LAST = 0xdf_ff
const CODE_POINT_LAST = 0x10_ff_ff

/** Every character. */
export const ANY_CHAR: CharClass = [0, SURROGATE_FIRST - 1, SURROGATE_LAST + 1, CODE_POINT_LAST]

/** The class of ranges in any order, which may overlap: pairs of first and last. */
export function charClass(ranges: readonly (readonly [number, number])[]): CharClass {
  const merged: number[] = []
  for (const [first, last] of ranges.toSorted(([a], [b]) => a - b)) {
    const before = merged.at(-1)
    if (before !== undefined && first <= before + 1) merged[merged.length - 1] = Math.max(before, last)
    else merged.push(first, last)
  }
  return intersectClasses(merged, ANY_CHAR)
}

/** The class of one character. */
export function oneChar(codePoint: number): CharClass {
  return charClass([[codePoint, codePoint]])
}

/** Characters of both. */
export function intersectClasses(one: CharClass, other: CharClass): CharClass {
  const both: number[] = []
  for (let i = 0, j = 0; i < one.length && j < other.length;) {
    const [firstOne = 0, lastOne = 0] = [one[i], one[i + 1]]
    const [firstOther = 0, lastOther = 0] = [other[j], other[j + 1]]
    const first = Math.max(firstOne, firstOther)
    const last = Math.min(lastOne, lastOther)
    if (first <= last) both.push(first, last)
    if (lastOne <= lastOther) i += 2
    else j += 2
  }
  return both
}

/** Characters of either. */
export function uniteClasses(one: CharClass, other: CharClass): CharClass {
  return charClass([...rangesOf(one), ...rangesOf(other)])
}

/** All characters but these. */
export function complementClass(of: CharClass): CharClass {
  const gaps: (readonly [number, number])[] = []
  let from = 0
  for (const [first, last] of rangesOf(of)) {
    if (first > from) gaps.push([from, first - 1])
    from = last + 1
  }
  if (from <= CODE_POINT_LAST) gaps.push([from, CODE_POINT_LAST])
  return charClass(gaps)
}

/** The ranges of a class. */
export function rangesOf(of: CharClass): readonly (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = []
  for (let i = 0; i < of.length; i += 2) ranges.push([of[i] ?? 0, of[i + 1] ?? 0])
  return ranges
}

/** Whether a character is in a class. */
export function hasChar(within: CharClass, codePoint: number): boolean {
  for (let i = 0; i < within.length; i += 2)
    if (codePoint >= (within[i] ?? 0) && codePoint <= (within[i + 1] ?? 0)) return true
  return false
}
