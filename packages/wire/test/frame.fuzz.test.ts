import { SeededRandom, ShardlineError } from '@shardline/core'
import t from 'tap'
import { decodeFrame, encodeFrame } from '../src/index.ts'
import { settledHeapBytes } from './support/heap.ts'
import { mutatedFrame } from './support/mutate-frame.ts'
import { testSeed } from './support/test-seed.ts'

/** Ten times as many in the long form (npm run soak). */
const FRAMES = process.env['SHARDLINE_SOAK'] === undefined ? 150_000 : 1_500_000

/** Heap growth over the whole run that can't be a leak per frame: 80 bytes each. */
const GROWTH_BYTES_MAX = 10 * 1024 * 1024

const seed = testSeed((text) => t.comment(text))

/** Decodes; returns the code of the refusal, or 'valid' if there is a message and it encodes again. */
function outcome(frame: Uint8Array): string {
  try {
    encodeFrame(decodeFrame(frame))
    return 'valid'
  } catch (error) {
    // What the msgpack reader itself throws has a cause: the guard before it is there to leave it nothing.
    if (error instanceof ShardlineError)
      return error.cause === undefined ? error.code : `${error.code} by its reader`
    throw error
  }
}

t.test(`reads or refuses ${FRAMES} random and mutated frames by name`, async (t) => {
  const random = new SeededRandom(seed)
  const outcomes = new Map<string, number>()
  for (let i = 0; i < 2000; i++) outcome(mutatedFrame(random))
  const before = await settledHeapBytes()
  for (let i = 0; i < FRAMES; i++) {
    const frame = mutatedFrame(random)
    const result = outcome(frame)
    if (!/^(valid|WIRE_|CORE_)/.test(result)) t.fail(`${result} for ${Buffer.from(frame).toString('hex')}`)
    outcomes.set(result, (outcomes.get(result) ?? 0) + 1)
  }
  const growth = (await settledHeapBytes()) - before
  t.comment(Object.fromEntries(outcomes))
  t.equal(outcomes.get('CORE_UNEXPECTED'), undefined)
  t.ok((outcomes.get('valid') ?? 0) > 1000, 'some are valid')
  t.ok((outcomes.get('WIRE_MESSAGE_INVALID') ?? 0) > 1000, 'some reach the schemas')
  t.ok((outcomes.get('WIRE_FRAME_MALFORMED') ?? 0) > 1000, 'some are no frames')
  t.ok(growth < GROWTH_BYTES_MAX, `the heap grew by ${growth} bytes`)
})
