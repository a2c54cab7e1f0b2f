import { createReadStream } from 'node:fs'
import type { Terminal } from '../console/terminal.ts'
import { InputUnreadableError } from '../errors.ts'
import { INPUT_BYTES_MAX } from '../limits.ts'
import { systemReason } from '../run/system-reason.ts'

/**
 * Reads a file of UTF-8 text, or standard input where the path is `-`.
 *
 * @throws InputUnreadableError, also for more than `bytesMax` bytes.
 */
export async function readText(
  path: string,
  terminal: Pick<Terminal, 'stdin'>,
  bytesMax: number = INPUT_BYTES_MAX,
): Promise<string> {
  const label = path === '-' ? 'standard input' : path
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of path === '-' ? terminal.stdin : createReadStream(path)) {
      const piece = Buffer.from(chunk as Uint8Array)
      bytes += piece.length
      if (bytes > bytesMax) break
      chunks.push(piece)
    }
  } catch (cause) {
    throw new InputUnreadableError(label, systemReason(cause), cause)
  }
  if (bytes > bytesMax) {
    throw new InputUnreadableError(label, `it has more than ${bytesMax} bytes, the limit`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch (cause) {
    throw new InputUnreadableError(label, 'it is not UTF-8 text', cause)
  }
}
