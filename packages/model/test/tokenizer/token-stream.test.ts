import t from 'tap'
import type { SeededRandom } from '@shardline/core'
import type { Tokenizer } from '../../src/tokenizer.ts'
import { tokenizerFromGguf } from '../../src/tokenizer/tokenizer-from-gguf.ts'
import {
  readSentencePieceReference,
  sentencePieceMetadata,
  storytellerMetadata,
} from '../support/reference-tokenizers.ts'
import { testRandom } from '../support/seed.ts'

const tokenizers: readonly (readonly [string, Tokenizer])[] = [
  ['byte-level', tokenizerFromGguf(await storytellerMetadata('smollm'))],
  ['SentencePiece', tokenizerFromGguf(sentencePieceMetadata(await readSentencePieceReference()))],
]

const ALPHABET = [
  'a',
  ' ',
  '  ',
  'é',
  'e\u0301',
  'ß',
  '字',
  '한',
  '😀',
  '👩‍👩‍👧‍👦',
  '🇩🇪',
  '👍🏽',
  '\n',
  '1',
  '\ufeff',
  '\u0000',
  '\u2028',
]

function pushAll(tokenizer: Tokenizer, ids: readonly number[]): readonly string[] {
  const stream = tokenizer.stream()
  return [...ids.map((id) => stream.push(id)), stream.end()]
}

function randomText(random: SeededRandom): string {
  return Array.from({ length: 1 + random.integer(40) }, () => ALPHABET[random.integer(ALPHABET.length)]).join(
    '',
  )
}

/** Half a surrogate pair, or the mark of a broken character. */
const hasHalf = (text: string): boolean => /[\p{Surrogate}\ufffd]/u.test(text)

for (const [name, tokenizer] of tokenizers) {
  t.test(`${name}: the bytes of tokens make the text, and special tokens have none`, async (t) => {
    const ids = tokenizer.encode('Ein Füchslein 🦊 {"a": 1}')
    const bytes = Buffer.concat(ids.map((id) => tokenizer.tokenBytes(id) ?? new Uint8Array(0)))
    t.equal(bytes.toString('utf8').trimStart(), 'Ein Füchslein 🦊 {"a": 1}')
    for (const id of tokenizer.specialTokenIds) t.equal(tokenizer.tokenBytes(id), undefined)
    t.equal(tokenizer.tokenBytes(tokenizer.vocabularySize + 5), undefined, 'an id behind the vocabulary')
  })

  t.test(`${name}: the pieces of random ids make the text of all of them`, (t) => {
    const random = testRandom((line) => t.comment(line))
    let held = 0
    for (let round = 0; round < 3000; round++) {
      const ids = Array.from({ length: 1 + random.integer(30) }, () =>
        random.integer(tokenizer.vocabularySize),
      )
      const pieces = pushAll(tokenizer, ids)
      const whole = tokenizer.decode(ids)
      if (pieces.join('') !== whole) return t.equal(pieces.join(''), whole, JSON.stringify(ids))
      held += pieces.at(-1) === '' ? 0 : 1
    }
    t.ok(held > 0, 'some ended inside a character')
    return t.end()
  })

  t.test(`${name}: what was returned of a text never ends inside a character`, (t) => {
    const random = testRandom((line) => t.comment(line))
    const wrong: string[] = []
    for (let round = 0; round < 1000; round++) {
      const text = randomText(random)
      const pieces = pushAll(tokenizer, tokenizer.encode(text))
      const broken = pieces.find((piece) => hasHalf(piece))
      if (broken !== undefined || pieces.join('') !== text) wrong.push(JSON.stringify({ text, pieces }))
    }
    t.same(wrong, [])
    return t.end()
  })

  t.test(`${name}: an emoji over several tokens comes when it is whole`, async (t) => {
    const ids = tokenizer.encode('x😀')
    t.ok(ids.length > 4, 'its bytes are tokens of their own')
    const pieces = pushAll(tokenizer, ids)
    t.same(
      pieces.filter((piece) => piece !== ''),
      ['x', '😀'],
    )
    const cut = pushAll(tokenizer, ids.slice(0, -1))
    t.equal(cut.join(''), 'x\ufffd', 'an unfinished one becomes a replacement character at the end')
    t.equal(cut.at(-1), '\ufffd')
  })
}

t.test('special tokens are no text in a stream', async (t) => {
  const [, tokenizer] = tokenizers[0]!
  t.equal(pushAll(tokenizer, [0, ...tokenizer.encode('Hi'), 1]).join(''), 'Hi')
})

t.test('only the first space of a SentencePiece text is dropped', async (t) => {
  const [, tokenizer] = tokenizers[1]!
  const ids = tokenizer.encode('  two  spaces ')
  t.equal(pushAll(tokenizer, ids).join(''), '  two  spaces ')
  t.equal(tokenizer.decode(ids), '  two  spaces ')
})

t.test('a push costs the same late in a text as early', (t) => {
  const [, tokenizer] = tokenizers[0]!
  const stream = tokenizer.stream()
  let characters = 0
  // Quadratic work would take minutes here.
  for (let i = 0; i < 300_000; i++) characters += stream.push(300 + (i % 1000)).length
  t.ok(characters > 300_000)
  t.end()
})
