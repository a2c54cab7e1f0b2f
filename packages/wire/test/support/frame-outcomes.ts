import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fromUnknown } from '@shardline/core'
// Not by the index, which pages don't have.
import { decodeFrame } from '../../src/frame.ts'

/** What comes of a frame: a hash of what is read, or the error. */
export function frameOutcome(frame: Uint8Array): string {
  try {
    const message = decodeFrame(frame)
    const { payload } = message as { readonly payload?: Float32Array }
    const hash = createHash('sha256').update(JSON.stringify({ ...message, payload: null }))
    // Bits, not numbers: there are many NaNs.
    if (payload !== undefined) hash.update(new Uint8Array(payload.slice().buffer))
    return `${message.kind} ${hash.digest('hex')}`
  } catch (cause) {
    const { code, message } = fromUnknown(cause)
    return `${code} ${message}`
  }
}

// Run as a program it takes frames in hexadecimal from standard input.
if (import.meta.filename === process.argv[1]) {
  const frames = readFileSync(0, 'utf8').split('\n')
  process.stdout.write(JSON.stringify(frames.map((hex) => frameOutcome(Buffer.from(hex, 'hex')))))
}
