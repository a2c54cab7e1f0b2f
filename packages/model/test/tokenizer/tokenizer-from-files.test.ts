import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { resolveReference } from '../../src/source/resolve-reference.ts'
import { tokenizerFromFiles } from '../../src/tokenizer/tokenizer-from-files.ts'
import { MemoryFiles } from '../support/memory-files.ts'
import { readByteLevelReference } from '../support/reference-tokenizers.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { STORYTELLER } from '../support/test-models.ts'

type Json = Record<string, unknown>

async function storytellerJson(): Promise<Json & { model: Json }> {
  return JSON.parse(await readFile(join(STORYTELLER, 'tokenizer.json'), 'utf8')) as Json & { model: Json }
}

const filesOf = (definition: unknown, settings: unknown = {}): MemoryFiles =>
  new MemoryFiles({
    'tokenizer.json': JSON.stringify(definition),
    'tokenizer_config.json': JSON.stringify(settings),
  })

t.test('gives the ids and texts of the Python reference, whatever the script', async (t) => {
  await using cache = await tempFolder()
  await using files = await resolveReference(STORYTELLER, { cacheFolder: cache.path })
  const tokenizer = await tokenizerFromFiles(files)
  const reference = await readByteLevelReference()
  for (const [at, text] of reference.texts.entries())
    t.same(tokenizer.encode(text), reference.ids['smollm']?.[at], JSON.stringify(text))
  for (const [at, ids] of reference.sequences.entries()) t.equal(tokenizer.decode(ids), reference.decoded[at])
  t.equal(tokenizer.vocabularySize, 2048)
  t.same([...tokenizer.specialTokenIds], [0, 1, 2, 3, 4, 5])
})

t.test('special tokens are found in texts, and shown only when wanted', async (t) => {
  const tokenizer = await tokenizerFromFiles(filesOf(await storytellerJson()))
  const ids = tokenizer.encode('<|begin|><|user|>\nHi<|end|>')
  t.same([ids[0], ids[1], ids.at(-1)], [0, 3, 1])
  t.equal(tokenizer.decode(ids), '\nHi')
  t.equal(tokenizer.decode(ids, { keepSpecial: true }), '<|begin|><|user|>\nHi<|end|>')
  t.equal(tokenizer.decode([]), '')
  t.equal(tokenizer.decode([1_000_000, -1]), '', 'ids without a token are no text')
})

t.test('adds BOS where the settings or the post-processor ask for it, once', async (t) => {
  const definition = await storytellerJson()
  const settings = { bos_token: { content: '<|begin|>' }, add_bos_token: true }
  const plain = await tokenizerFromFiles(filesOf(definition, { ...settings, add_bos_token: false }))
  t.same(plain.encode('Hi', { addSpecial: true }), plain.encode('Hi'))
  const bySettings = await tokenizerFromFiles(filesOf(definition, settings))
  t.same(bySettings.encode('Hi', { addSpecial: true }), [0, ...plain.encode('Hi')])
  t.same(bySettings.encode('Hi'), plain.encode('Hi'))
  const single = [{ SpecialToken: { id: '<|begin|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }]
  const withProcessor = {
    ...definition,
    post_processor: { type: 'TemplateProcessing', single, pair: single, special_tokens: {} },
  }
  const both = await tokenizerFromFiles(filesOf(withProcessor, settings))
  t.same(both.encode('Hi', { addSpecial: true }), [0, ...plain.encode('Hi')])
})

t.test('refuses what it cannot follow exactly and names it', async (t) => {
  const definition = await storytellerJson()
  const { model } = definition
  const cases: readonly (readonly [string, Json, RegExp])[] = [
    ['model', { model: { type: 'WordPiece', vocab: {} } }, /WordPiece.*BPE/],
    ['suffix', { model: { ...model, end_of_word_suffix: '</w>' } }, /<\/w>/],
    ['pre-tokenizer', { pre_tokenizer: { type: 'Whitespace' } }, /Whitespace.*ByteLevel/],
    [
      'split',
      { pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious' } },
      /MergedWithPrevious.*Isolated/,
    ],
    ['decoder', { decoder: { type: 'WordPiece' } }, /WordPiece/],
    ['replacement', { decoder: { type: 'Replace', pattern: { String: 'x' }, content: 'y' } }, /replacement/],
  ]
  for (const [what, change, message] of cases) {
    await t.rejects(
      tokenizerFromFiles(filesOf({ ...definition, ...change })),
      { code: 'MODEL_TOKENIZER_UNSUPPORTED', message },
      what,
    )
  }
})

t.test('refuses definitions that contradict themselves', async (t) => {
  const definition = await storytellerJson()
  const { model } = definition
  const vocab = model['vocab'] as Record<string, number>
  const cases: readonly (readonly [string, unknown])[] = [
    ['no object', []],
    ['no model', {}],
    ['vocab is a list', { ...definition, model: { ...model, vocab: [] } }],
    ['two tokens with one id', { ...definition, model: { ...model, vocab: { ...vocab, other: 7 } } }],
    ['an id that is too large', { ...definition, model: { ...model, vocab: { ...vocab, other: 2 ** 30 } } }],
    ['an id that is no integer', { ...definition, model: { ...model, vocab: { ...vocab, other: 0.5 } } }],
    [
      'a token that is too long',
      { ...definition, model: { ...model, vocab: { ...vocab, ['x'.repeat(5000)]: 3000 } } },
    ],
    ['merges are no list', { ...definition, model: { ...model, merges: {} } }],
    ['a merge of three', { ...definition, model: { ...model, merges: ['a b c'] } }],
    ['merges of both forms', { ...definition, model: { ...model, merges: [['a', 'b'], 'a b'] } }],
    ['an added token without content', { ...definition, added_tokens: [{ id: 1, special: true }] }],
    [
      'an unknown token in the post-processor',
      {
        ...definition,
        post_processor: {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: 'nope', type_id: 0 } }],
          pair: [],
          special_tokens: {},
        },
      },
    ],
    [
      'a broken pattern',
      { ...definition, pre_tokenizer: { type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated' } },
    ],
  ]
  for (const [what, value] of cases)
    await t.rejects(tokenizerFromFiles(filesOf(value)), { code: 'MODEL_TOKENIZER_INVALID' }, what)
  await t.rejects(tokenizerFromFiles(new MemoryFiles({ 'tokenizer.json': '{' })), {
    code: 'MODEL_TOKENIZER_INVALID',
  })
  const badSettings = new MemoryFiles({
    'tokenizer.json': JSON.stringify(definition),
    'tokenizer_config.json': '[]',
  })
  await t.rejects(tokenizerFromFiles(badSettings), { code: 'MODEL_TOKENIZER_INVALID' })
  await t.rejects(tokenizerFromFiles(new MemoryFiles({})), { code: 'MODEL_TOKENIZER_MISSING' })
})

t.test('refuses texts over the limit', async (t) => {
  const tokenizer = await tokenizerFromFiles(filesOf(await storytellerJson()), { textCharactersMax: 10 })
  t.ok(tokenizer.encode('0123456789').length > 0)
  t.throws(() => tokenizer.encode('0123456789a'), { code: 'MODEL_TEXT_TOO_LONG' })
})
