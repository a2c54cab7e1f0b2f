import { ExportMalformedError } from '../errors.ts'
import { EXPORT_LINE_BYTES_MAX } from '../limits.ts'

const NEWLINE = 0x0a

/** A line, and whether a newline ended it. */
export interface TextLine {
  readonly text: string
  readonly isWhole: boolean
}

/**
 * Splits bytes into lines, holding one line and one chunk.
 *
 * @yields each line without its newline
 * @throws ExportMalformedError if a line has more than `lineBytesMax` bytes.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  lineBytesMax: number = EXPORT_LINE_BYTES_MAX,
): AsyncGenerator<TextLine> {
  let rest: Uint8Array = new Uint8Array()
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    for (;;) {
      const end = bytes.indexOf(NEWLINE, start)
      if (end < 0) break
      yield { text: textOf(bytes.subarray(start, end), lineBytesMax), isWhole: true }
      start = end + 1
    }
    rest = bytes.subarray(start)
    if (rest.length > lineBytesMax) textOf(rest, lineBytesMax)
  }
  if (rest.length > 0) yield { text: textOf(rest, lineBytesMax), isWhole: false }
}

function textOf(bytes: Uint8Array, lineBytesMax: number): string {
  if (bytes.length <= lineBytesMax) return Buffer.from(bytes).toString('utf8')
  throw new ExportMalformedError(`a line has more than ${lineBytesMax} bytes`)
}
