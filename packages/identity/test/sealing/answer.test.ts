import fc from 'fast-check'
import t from 'tap'
import { AnswerOpener, AnswerSealer } from '../../src/index.ts'
import { bytesOf, flipBit, partyOf, textOf, world } from '../support/parties.ts'
import { testSeed } from '../support/test-seed.ts'

const user = await partyOf(1)
const otherUser = await partyOf(2)
const requestId = 'request-1'
const { random } = world()

interface Sealed {
  readonly header: Uint8Array
  readonly chunks: readonly Uint8Array[]
}

async function seal(texts: readonly string[]): Promise<Sealed> {
  const { publicKey: responseKey } = await user.historyKey.responseKey(requestId)
  const sealer = await AnswerSealer.create({ responseKey, requestId, random })
  const chunks = texts.map((text, index) =>
    index === texts.length - 1 ? sealer.end(bytesOf(text)) : sealer.push(bytesOf(text)),
  )
  return { header: sealer.header, chunks }
}

const openerOf = (header: Uint8Array): Promise<AnswerOpener> =>
  AnswerOpener.create({ header, requestId, historyKey: user.historyKey })

t.test('any answer comes out in the chunks in which it went in', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 8 }),
      async (texts) => {
        const { header, chunks } = await seal(texts)
        const opener = await openerOf(header)
        t.same(
          chunks.map((chunk) => textOf(opener.open(chunk))),
          texts,
        )
        opener.finish()
        t.ok(opener.isEnded)
      },
    ),
    { seed: testSeed(t), numRuns: 40 },
  )
})

t.test('years later the user reads it again with nothing but its seed; another user can not', async (t) => {
  const { header, chunks } = await seal(['once', ' upon a time'])
  const { historyKey } = await partyOf(1)
  const again = await AnswerOpener.create({ header, requestId, historyKey })
  t.equal(chunks.map((chunk) => textOf(again.open(chunk))).join(''), 'once upon a time')
  const broken = { code: 'IDENTITY_ANSWER_BROKEN' }
  const stranger = await AnswerOpener.create({ header, requestId, historyKey: otherUser.historyKey })
  t.throws(() => stranger.open(chunks[0]!), broken)
  const elsewhere = await AnswerOpener.create({ header, requestId: 'request-2', historyKey })
  t.throws(() => elsewhere.open(chunks[0]!), broken, 'nor does it open under another request')
})

t.test('chunks out of order, doubled or left out are named', async (t) => {
  const { header, chunks } = await seal(['a', 'b', 'c'])
  const [first, second, third] = chunks
  const reordered = (given: number, expected: number) => ({
    code: 'IDENTITY_ANSWER_REORDERED',
    details: { given, expected },
  })
  const opener = await openerOf(header)
  t.throws(() => opener.open(second!), reordered(1, 0))
  opener.open(first!)
  t.throws(() => opener.open(first!), reordered(0, 1))
  t.throws(() => opener.open(third!), reordered(2, 1))
  t.equal(textOf(opener.open(second!)), 'b', 'the right one still opens')
})

t.test('an answer that stops before its last chunk was cut off', async (t) => {
  const { header, chunks } = await seal(['a', 'b', 'c'])
  const opener = await openerOf(header)
  const truncated = { code: 'IDENTITY_ANSWER_TRUNCATED' }
  t.throws(() => opener.finish(), truncated)
  for (const chunk of chunks.slice(0, 2)) opener.open(chunk)
  t.throws(() => opener.finish(), { ...truncated, message: /after 2 chunks/ })
  const marked = chunks[1]!.slice()
  marked[4] = 1
  const fresh = await openerOf(header)
  fresh.open(chunks[0]!)
  t.throws(() => fresh.open(marked), { code: 'IDENTITY_ANSWER_BROKEN' }, 'a chunk can not be made the last')
})

t.test('nothing follows the last chunk', async (t) => {
  const { publicKey: responseKey } = await user.historyKey.responseKey(requestId)
  const sealer = await AnswerSealer.create({ responseKey, requestId, random })
  const last = sealer.end()
  const ended = { code: 'IDENTITY_ANSWER_ENDED' }
  t.throws(() => sealer.push(bytesOf('more')), ended)
  t.throws(() => sealer.end(), ended)
  const opener = await openerOf(sealer.header)
  t.same(opener.open(last), new Uint8Array())
  t.throws(() => opener.open(last), ended)
})

t.test('a flipped bit in any byte of header and chunks is found', async (t) => {
  const { header, chunks } = await seal(['first', 'second'])
  const found = { code: /^IDENTITY_ANSWER_(BROKEN|REORDERED|MALFORMED)$/ }
  for (let place = 0; place < header.length; place++) {
    const changed = flipBit(header, place * 8 + (place % 8))
    await t.rejects(
      openerOf(changed).then((opener) => opener.open(chunks[0]!)),
      found,
      `header ${place}`,
    )
  }
  for (let place = 0; place < chunks[0]!.length; place++) {
    const opener = await openerOf(header)
    t.throws(() => opener.open(flipBit(chunks[0]!, place * 8 + (place % 8))), found, `chunk ${place}`)
  }
  for (let length = 0; length < chunks[0]!.length; length++) {
    const opener = await openerOf(header)
    t.throws(() => opener.open(chunks[0]!.subarray(0, length)), found, `length ${length}`)
  }
  const opener = await openerOf(header)
  const inText = flipBit(chunks[0]!, chunks[0]!.length * 8 - 1)
  t.throws(() => opener.open(inText), { code: 'IDENTITY_ANSWER_BROKEN' }, 'in what is sealed')
})

t.test('limits are kept on both sides, and can be set', async (t) => {
  const { publicKey: responseKey } = await user.historyKey.responseKey(requestId)
  const sealer = await AnswerSealer.create({ responseKey, requestId, random, chunkBytesMax: 4 })
  const tooLong = { code: 'IDENTITY_ANSWER_CHUNK_TOO_LONG' }
  t.throws(() => sealer.push(bytesOf('12345')), { ...tooLong, message: /5 bytes, at most 4/ })
  const chunk = sealer.push(bytesOf('1234'))
  const { header } = sealer
  const strict = await AnswerOpener.create({
    header,
    requestId,
    historyKey: user.historyKey,
    chunkBytesMax: 3,
  })
  t.throws(() => strict.open(chunk), tooLong)
  const weak = { responseKey: new Uint8Array(32), requestId, random }
  await t.rejects(AnswerSealer.create(weak), { code: 'IDENTITY_ENCRYPTION_KEY_INVALID' })
})
