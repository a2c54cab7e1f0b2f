import {
  MemoryNonces,
  signRequest,
  signatureFromWords,
  signatureToWord,
  verifyRequest,
} from '../src/index.ts'
import t from 'tap'
import { partyOf, world } from './support/parties.ts'

const { identity } = await partyOf(1)
const { clock, random } = world()
const facts = { method: 'GET', path: '/v1/events?topics=requests', audience: 'market' }

t.test('a signature travels as one word among others, and counts as its headers do', async (t) => {
  const word = signatureToWord(signRequest({ identity, clock, random, ...facts }))
  t.match(word, /^[A-Za-z0-9._-]+$/)
  const headers = signatureFromWords(`shardline, ${word}`)
  const nonces = new MemoryNonces({ clock })
  t.equal(await verifyRequest({ headers: headers ?? {}, clock, nonces, ...facts }), identity.id)
})

t.test('other words are no signature', async (t) => {
  for (const words of ['', 'shardline', 'shardline-signature', 'shardline-signature.a.b.c', 'x.a.b.c.d']) {
    t.equal(signatureFromWords(words), undefined, words)
  }
})
