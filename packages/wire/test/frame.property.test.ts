import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { decodeFrame, encodeFrame, MESSAGE_KINDS } from '../src/index.ts'
import type { Message } from '../src/index.ts'
import { arbitraryMessage } from './support/arbitrary-message.ts'
import { readPlainFrame, writePlainFrame } from './support/frame-fixtures.ts'
import { testSeed } from './support/test-seed.ts'

const seed = testSeed((text) => t.comment(text))

/** The message with its tensor as bits, so that NaNs compare. */
function comparable(message: Message): unknown {
  if (!('payload' in message)) return message
  const { buffer, byteOffset, byteLength } = message.payload
  return { ...message, payload: Buffer.from(buffer, byteOffset, byteLength).toString('hex') }
}

for (const kind of MESSAGE_KINDS) {
  t.test(`any valid ${kind} survives encoding and decoding, with either msgpack`, async (t) => {
    t.doesNotThrow(() =>
      fc.assert(
        fc.property(arbitraryMessage(kind), (message) => {
          const want = comparable(message)
          const frame = encodeFrame(message)
          const { header } = readPlainFrame(frame)
          const seenByBrowser = { ...message, ...(header as object), kind }
          assert.deepStrictEqual(comparable(decodeFrame(frame)), want)
          assert.deepStrictEqual(comparable(decodeFrame(writePlainFrame(message))), want)
          assert.deepStrictEqual(comparable(seenByBrowser as Message), want)
        }),
        { seed, numRuns: 300 },
      ),
    )
  })
}
