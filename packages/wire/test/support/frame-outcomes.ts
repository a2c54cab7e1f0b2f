import { createHash } from 'node:crypto'
import { fromUnknown, SeededRandom } from '@shardline/core'
// Not by the index, which pages don't have.
import { decodeFrame, encodeFrame } from '../../src/frame.ts'
import { mutatedFrame } from './mutate-frame.ts'
import { SAMPLES } from './sample-messages.ts'

/** What comes of frames with damage that `seed` decides: what is read, or the error; one line each. */
export function frameOutcomes(seed: number, count: number): readonly string[] {
  const random = new SeededRandom(seed)
  const frames = Array.from({ length: count }, () => mutatedFrame(random))
  return [...frames, ...Object.values(SAMPLES).map((message) => encodeFrame(message))].map(outcomeOf)
}

function outcomeOf(frame: Uint8Array): string {
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

const [, file = '', seed, count] = process.argv
if (import.meta.filename === file) {
  process.stdout.write(JSON.stringify(frameOutcomes(Number(seed), Number(count))))
}
