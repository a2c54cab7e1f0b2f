import t from 'tap'
import type { GgufValue } from '../../src/gguf/metadata.ts'
import { tokenizerFromGguf } from '../../src/tokenizer/tokenizer-from-gguf.ts'
import {
  readByteLevelReference,
  readSentencePieceReference,
  sentencePieceMetadata,
  storytellerMetadata,
  withEntry,
} from '../support/reference-tokenizers.ts'

t.test('every pre-tokenizer gives the ids of the Python reference', async (t) => {
  const reference = await readByteLevelReference()
  for (const [name, ids] of Object.entries(reference.ids)) {
    const tokenizer = tokenizerFromGguf(await storytellerMetadata(name))
    for (const [at, text] of reference.texts.entries())
      t.same(tokenizer.encode(text), ids[at], `${name}: ${JSON.stringify(text)}`)
  }
})

t.test('the pre-tokenizer of nameless files keeps punctuation and three digits together', async (t) => {
  const tokenizer = tokenizerFromGguf(await storytellerMetadata('default'))
  const texts = ['a, b.', 'x 1234567', "don't", '  x']
  for (const text of texts) t.equal(tokenizer.decode(tokenizer.encode(text)), text)
})

t.test('a SentencePiece model gives the ids of the reference', async (t) => {
  const reference = await readSentencePieceReference()
  const tokenizer = tokenizerFromGguf(sentencePieceMetadata(reference))
  for (const [at, text] of reference.texts.entries()) {
    t.same(tokenizer.encode(text), reference.ids[at], JSON.stringify(text))
    // The mark for spaces stands for a space also where the text had the mark itself.
    t.equal(tokenizer.decode(tokenizer.encode(text)), text.replaceAll('\u2581', ' '))
  }
  t.same(tokenizer.encode('Nora', { addSpecial: true }), [reference.bos, ...tokenizer.encode('Nora')])
  t.same([...tokenizer.specialTokenIds], [0, 1, 2], 'unknown and control tokens, not user-defined ones')
  t.equal(tokenizer.decode(tokenizer.encode('<|im_start|>')), '<|im_start|>')
})

t.test('BOS and EOS are added as the header says', async (t) => {
  const metadata = new Map(await storytellerMetadata('smollm'))
  const plain = tokenizerFromGguf(metadata).encode('Hi')
  metadata.set('tokenizer.ggml.add_bos_token', true)
  metadata.set('tokenizer.ggml.add_eos_token', true)
  t.same(tokenizerFromGguf(metadata).encode('Hi', { addSpecial: true }), [0, ...plain, 1])
  t.same(tokenizerFromGguf(metadata).encode('Hi'), plain)
})

t.test('unknown models and pre-tokenizers are errors that list the known ones', async (t) => {
  const metadata = await storytellerMetadata('smollm')
  const cases: readonly (readonly [string, GgufValue | undefined, RegExp])[] = [
    ['tokenizer.ggml.model', 'rwkv', /"rwkv".*gpt2, llama/],
    ['tokenizer.ggml.pre', 'made-up', /"made-up".*gpt-2, default, smollm, llama-bpe.*qwen2/],
    ['tokenizer.ggml.pre', undefined, /smollm/],
    ['tokenizer.ggml.pre', 7, /smollm/],
  ]
  for (const [key, value, message] of cases) {
    t.throws(() => tokenizerFromGguf(withEntry(metadata, key, value)), {
      code: 'MODEL_TOKENIZER_UNSUPPORTED',
      message,
    })
  }
  t.throws(() => tokenizerFromGguf(new Map()), { code: 'MODEL_TOKENIZER_MISSING' })
  t.throws(() => tokenizerFromGguf(withEntry(metadata, 'tokenizer.ggml.tokens', undefined)), {
    code: 'MODEL_TOKENIZER_MISSING',
  })
})

t.test('hostile headers are coded errors', async (t) => {
  const byteLevel = await storytellerMetadata('smollm')
  const pieces = sentencePieceMetadata(await readSentencePieceReference())
  const tokens = byteLevel.get('tokenizer.ggml.tokens') as readonly string[]
  const many = Array.from({ length: 2_100_000 }, () => 'a b')
  const cases: readonly (readonly [string, ReadonlyMap<string, GgufValue>, string, GgufValue | undefined])[] =
    [
      ['tokens are a text', byteLevel, 'tokenizer.ggml.tokens', 'x'],
      ['a token is a number', byteLevel, 'tokenizer.ggml.tokens', [...tokens.slice(1), 1]],
      ['two tokens are the same', byteLevel, 'tokenizer.ggml.tokens', [...tokens.slice(1), tokens[5] ?? '']],
      ['a token is too long', byteLevel, 'tokenizer.ggml.tokens', [...tokens.slice(1), 'x'.repeat(5000)]],
      [
        'too many tokens',
        byteLevel,
        'tokenizer.ggml.tokens',
        Array.from({ length: 1_100_000 }, (_, id) => String(id)),
      ],
      ['too few types', byteLevel, 'tokenizer.ggml.token_type', [1, 1]],
      ['a type is a text', byteLevel, 'tokenizer.ggml.token_type', tokens.map(() => 'x')],
      ['too many merges', byteLevel, 'tokenizer.ggml.merges', many],
      ['no merges', byteLevel, 'tokenizer.ggml.merges', undefined],
      ['a merge is a number', byteLevel, 'tokenizer.ggml.merges', [1]],
      ['a merge without a space', byteLevel, 'tokenizer.ggml.merges', ['ab']],
      ['a merge of unknown tokens', byteLevel, 'tokenizer.ggml.merges', ['§§ §§']],
      ['BOS out of range', byteLevel, 'tokenizer.ggml.bos_token_id', 2048],
      ['EOS negative', byteLevel, 'tokenizer.ggml.eos_token_id', -1],
      ['EOS huge', byteLevel, 'tokenizer.ggml.eos_token_id', 2n ** 63n],
      ['BOS wanted as a text', byteLevel, 'tokenizer.ggml.add_bos_token', 'yes'],
      ['no scores', pieces, 'tokenizer.ggml.scores', undefined],
      ['a score is no number', pieces, 'tokenizer.ggml.scores', [Number.NaN]],
    ]
  for (const [what, metadata, key, value] of cases) {
    t.throws(
      () => tokenizerFromGguf(withEntry(metadata, key, value)),
      { code: 'MODEL_TOKENIZER_INVALID' },
      what,
    )
  }
  const withoutBos = withEntry(
    withEntry(byteLevel, 'tokenizer.ggml.bos_token_id', undefined),
    'tokenizer.ggml.add_bos_token',
    true,
  )
  t.throws(() => tokenizerFromGguf(withoutBos), { code: 'MODEL_TOKENIZER_INVALID', message: /bos_token_id/ })
})

t.test('tokens named like object members are tokens', async (t) => {
  const metadata = await storytellerMetadata('smollm')
  const tokens = [...(metadata.get('tokenizer.ggml.tokens') as readonly string[])]
  tokens[2040] = '__proto__'
  tokens[2041] = 'constructor'
  const types = tokens.map((_, id) => (id >= 2040 && id <= 2041 ? 4 : 1))
  const tokenizer = tokenizerFromGguf(
    new Map([
      ...metadata,
      ['tokenizer.ggml.tokens', tokens],
      ['tokenizer.ggml.token_type', types],
      ['tokenizer.ggml.merges', []],
    ]),
  )
  t.same(tokenizer.encode('__proto__constructor'), [2040, 2041])
  t.equal(tokenizer.decode([2040, 2041]), '__proto__constructor')
})
