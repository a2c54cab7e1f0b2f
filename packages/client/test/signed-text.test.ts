import t from 'tap'
import { SeededRandom } from '@shardline/core'
import { SignedText } from '../src/signed-text.ts'

const seed = Number(process.env['SEED'] ?? 11)
const bytesOf = (text: string): { readonly bytes: Uint8Array } => ({ bytes: new TextEncoder().encode(text) })

/** A text cut into tokens of a few bytes, which may end inside a character. */
function cut(text: string, random: SeededRandom): readonly { readonly bytes: Uint8Array }[] {
  const bytes = new TextEncoder().encode(text)
  const tokens: { readonly bytes: Uint8Array }[] = []
  for (let offset = 0; offset < bytes.length;) {
    const length = 1 + random.integer(4)
    tokens.push({ bytes: bytes.subarray(offset, offset + length) })
    offset += length
  }
  return tokens
}

t.test('takes any text that a streaming decoder makes of the tokens', async (t) => {
  t.comment(`seed ${seed}`)
  const random = new SeededRandom(seed)
  for (const text of ['plain words', 'größer 🧱 ≥ 2', '\uFEFFmark', '日本語のテキスト', '']) {
    for (let trial = 0; trial < 50; trial++) {
      const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
      const signed = new SignedText()
      for (const token of cut(text, random)) {
        t.ok(signed.add([token], decoder.decode(token.bytes, { stream: true })))
      }
      t.equal(signed.rest(), '')
    }
  }
})

t.test('takes text that comes late, and says what was left out', async (t) => {
  const signed = new SignedText()
  t.ok(signed.add([bytesOf('one ')], ''))
  t.ok(signed.add([bytesOf('two ')], 'one t'))
  t.ok(signed.add([], 'wo'))
  t.equal(signed.rest(), ' ')
})

t.test('spaces at the start may be missing, nowhere else', async (t) => {
  const signed = new SignedText()
  t.ok(signed.add([bytesOf('  ')], ' '))
  t.ok(signed.add([bytesOf(' foo')], ' foo'), 'one of three is missing')
  t.notOk(signed.add([bytesOf(' bar')], 'bar'))
  const empty = new SignedText()
  t.ok(empty.add([bytesOf(' ')], ''))
  t.equal(empty.rest(), '')
})

t.test('refuses other text, text without tokens, and tokens after a cut character', async (t) => {
  t.notOk(new SignedText().add([bytesOf('cat')], 'dog'))
  t.notOk(new SignedText().add([bytesOf('cat')], 'cats'))
  t.notOk(new SignedText().add([], 'x'))
  const half = new SignedText()
  t.ok(half.add([{ bytes: Uint8Array.of(0xf0, 0x9f) }], ''))
  t.ok(half.add([], '\uFFFD'), 'what is left of a character at the end')
  t.notOk(half.add([bytesOf('more')], 'more'))
})

t.test('tokens without bytes say nothing', async (t) => {
  const signed = new SignedText()
  t.ok(signed.add([{ bytes: new Uint8Array() }], ''))
  t.equal(signed.rest(), '')
})
