import t from 'tap'
import {
  FIRST_WINDOW_PREVIOUS,
  hashTokenWindow,
  signTokenWindow,
  tokenWindowBytes,
  verifyTokenWindow,
} from '../src/index.ts'
import type { TokenWindow } from '../src/index.ts'
import { bytesOf, partyOf } from './support/parties.ts'

const { identity: validator } = await partyOf(1)
const { identity: other } = await partyOf(2)

const first: TokenWindow = {
  ask: '0190b0c4-0000-7000-8000-000000000001',
  choice: 0,
  modelDigest: 'ab'.repeat(32),
  window: 0,
  end: 'none',
  tokens: [
    { id: 17, bytes: bytesOf(' once') },
    { id: 4, bytes: Uint8Array.of(0xf0, 0x9f) },
  ],
  previous: FIRST_WINDOW_PREVIOUS,
}

t.test('a window that the validator signed is verified, and gives what the next one names', async (t) => {
  const { signature, hash } = signTokenWindow(validator, first)
  t.equal(await verifyTokenWindow({ window: first, signer: validator.id, signature }), hash)
  t.equal(hash, hashTokenWindow(tokenWindowBytes(first)))
})

t.test('a signature holds for no other window, whatever differs', async (t) => {
  const { signature } = signTokenWindow(validator, first)
  const [one, two] = first.tokens
  const others: readonly Partial<TokenWindow>[] = [
    { ask: '0190b0c4-0000-7000-8000-000000000002' },
    { choice: 1 },
    { modelDigest: 'cd'.repeat(32) },
    { window: 1 },
    { end: 'closed' },
    { end: 'stop-token' },
    { previous: '1'.repeat(64) },
    { tokens: [one!] },
    { tokens: [two!, one!] },
    { tokens: [one!, two!, two!] },
    { tokens: [{ ...one!, id: 18 }, two!] },
    { tokens: [{ ...one!, bytes: bytesOf(' twice') }, two!] },
  ]
  for (const change of others) {
    const window = { ...first, ...change }
    t.equal(
      await verifyTokenWindow({ window, signer: validator.id, signature }),
      undefined,
      JSON.stringify(change),
    )
  }
})

t.test('bytes that move from one token to the next are another window', async (t) => {
  const split = (a: string, b: string): TokenWindow => ({
    ...first,
    tokens: [
      { id: 1, bytes: bytesOf(a) },
      { id: 2, bytes: bytesOf(b) },
    ],
  })
  t.notSame(tokenWindowBytes(split('ab', 'c')), tokenWindowBytes(split('a', 'bc')))
})

t.test('a signature of somebody else, or none at all, is refused', async (t) => {
  const { signature } = signTokenWindow(other, first)
  t.equal(await verifyTokenWindow({ window: first, signer: validator.id, signature }), undefined)
  for (const text of ['', 'zz', signature.slice(2), signature.toUpperCase()]) {
    t.equal(await verifyTokenWindow({ window: first, signer: other.id, signature: text }), undefined)
  }
})

t.test('the signed bytes are the ones that are documented', async (t) => {
  const text = new TextDecoder().decode(tokenWindowBytes(first).subarray(0, 25))
  t.equal(text, 'shardline:token-window:1\n')
  t.equal(tokenWindowBytes(first).length, 25 + 32)
  t.equal(
    Buffer.from(tokenWindowBytes({ ...first, tokens: [], end: 'stop-token' }).subarray(25)).toString('hex'),
    'de65d85ffd6e5f583fe2f1420de70d1e9d7e49e6ef4f09d27934a6bba5750f2c',
  )
})
