import { SeededRandom, systemClock } from '@shardline/core'
import t from 'tap'
import { nodeLinkCrypto } from '../../src/index.ts'
import { MemoryChannel } from '../../src/memory-channel.ts'
import { CipherState } from '../../src/secure/cipher-state.ts'
import type { RekeyRule } from '../../src/secure/identity-proof.ts'
import { SealedChannel } from '../../src/secure/sealed-channel.ts'
import { testSeed } from '../support/test-seed.ts'

const seed = testSeed((text) => t.comment(text))
const WAITING_BYTES_MAX = 1024 * 1024

/** Two ends that seal for each other, each with rules of its own for its keys. */
function sealedPair(rules: readonly [RekeyRule, RekeyRule], keys: readonly [Uint8Array, Uint8Array]) {
  const ends = MemoryChannel.createPair(['far', 'near'], systemClock, {
    latencyMs: 0,
    bytesPerSecond: Infinity,
  })
  const direction = (side: 0 | 1) => ({
    cipher: new CipherState(nodeLinkCrypto, keys[side]),
    rekey: rules[side],
  })
  return [0, 1].map(
    (side) =>
      new SealedChannel(ends[side]!, {
        sending: direction(side === 0 ? 0 : 1),
        receiving: direction(side === 0 ? 1 : 0),
        waitingBytesMax: WAITING_BYTES_MAX,
      }),
  )
}

t.test('opens what the other end sealed, whatever it is and however often keys change', async (t) => {
  const random = new SeededRandom(seed)
  for (let round = 0; round < 40; round++) {
    const rule = (): RekeyRule => ({
      framesMax: 1 + random.integer(round % 2 === 0 ? 4 : 1000),
      bytesMax: 1 + random.integer(round % 3 === 0 ? 5000 : 1e6),
    })
    const ends = sealedPair([rule(), rule()], [random.bytes(32), random.bytes(32)])
    const sent: Uint8Array[][] = [[], []]
    const received: Uint8Array[][] = [[], []]
    for (const [side, end] of ends.entries()) {
      end.attach({
        onFrame: (bytes) => received[side]!.push(Uint8Array.from(bytes)),
        onDrain: () => undefined,
        onBroken: (error) => t.fail(error.message),
        onGone: () => undefined,
      })
    }
    for (let i = 0; i < 60; i++) {
      const side = random.integer(2)
      const frame = random.bytes(random.integer(8) === 0 ? random.integer(4000) : random.integer(100))
      sent[side]!.push(Uint8Array.from(frame))
      ends[side]!.write(frame)
      if (random.integer(4) === 0) await Promise.resolve()
    }
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    t.strictSame(received, [sent[1], sent[0]])
    for (const end of ends) end.destroy()
  }
})

t.test('keeps what comes before somebody listens, and hands it over in order', async (t) => {
  const rule = { framesMax: 2, bytesMax: 1000 }
  const [near, far] = sealedPair([rule, rule], [new Uint8Array(32), new Uint8Array(32).fill(1)])
  for (let i = 0; i < 5; i++) near!.write(Uint8Array.of(i))
  near!.close()
  await near!.closed
  const events: unknown[] = []
  const record = {
    onDrain: () => undefined,
    onBroken: (error: Error) => events.push(error),
    onGone: () => events.push('gone'),
  }
  far!.attach({
    ...record,
    onFrame: (bytes) => {
      events.push(bytes[0])
      if (bytes[0] === 1) far!.attach({ ...record, onFrame: (later) => events.push(`later ${later[0]}`) })
    },
  })
  t.strictSame(events, [0, 1, 'later 2', 'later 3', 'later 4', 'gone'])
})
