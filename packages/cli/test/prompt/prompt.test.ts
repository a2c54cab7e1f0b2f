import { openCheckpoint } from '@shardline/model'
import t from 'tap'
import { IdsInvalidError } from '../../src/errors.ts'
import { answerRoom } from '../../src/prompt/answer-room.ts'
import { encodePrompt } from '../../src/prompt/encode-prompt.ts'
import { parseIds } from '../../src/prompt/read-input.ts'
import { MODEL } from '../support/command.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cacheFolder = sharedCache()

t.test('ids are an array, or an array in an object', async (t) => {
  t.same(parseIds('[1, 2]', 'x'), [1, 2])
  for (const key of ['ids', 'token_ids', 'prompt_token_ids']) t.same(parseIds(`{"${key}": [3]}`, 'x'), [3])
  for (const [text, says] of [
    ['', /it is not JSON/],
    ['[1, "2"]', /entry 1 is "2"/],
    ['[1.5]', /entry 0 is 1\.5/],
    ['[-1]', /entry 0 is -1/],
    ['[]', /its list is empty/],
    ['{"x": [1]}', /it has no list of ids/],
    ['{"__proto__": {"ids": [1]}}', /it has no list of ids/],
    ['7', /it has no list of ids/],
    ['null', /it has no list of ids/],
  ] as const) {
    t.throws(() => parseIds(text, 'x'), says, text)
    t.throws(() => parseIds(text, 'x'), IdsInvalidError)
  }
})

t.test('an answer has what was asked for, suggested or usual, within the context', async (t) => {
  const init = { promptTokens: 10, contextLength: 1000, wanted: undefined, suggested: undefined }
  t.equal(answerRoom(init), 256)
  t.equal(answerRoom({ ...init, suggested: 320 }), 320)
  t.equal(answerRoom({ ...init, suggested: 320, wanted: 5 }), 5)
  t.equal(answerRoom({ ...init, wanted: 2000 }), 990)
  t.equal(answerRoom({ ...init, promptTokens: 999 }), 1)
  t.throws(() => answerRoom({ ...init, promptTokens: 1000 }), { code: 'DRIVER_PROMPT_TOO_LONG' })
})

t.test('a prompt is a turn of a chat unless it is raw', async (t) => {
  await using checkpoint = await openCheckpoint(MODEL, { cacheFolder })
  const tokenizer = await checkpoint.tokenizer()
  const chatTemplate = checkpoint.chatTemplate()
  const model = { checkpoint, tokenizer, chatTemplate }
  const input = { kind: 'text', text: 'Hi there.' } as const
  const chat = tokenizer.decode(await encodePrompt(input, model), { keepSpecial: true })
  t.equal(chat, '<|begin|><|user|>\nHi there.<|end|>\n<|assistant|>\n')
  const told = tokenizer.decode(await encodePrompt(input, model, { system: 'Be kind.' }), {
    keepSpecial: true,
  })
  t.match(told, /^<\|begin\|><\|system\|>\nBe kind\.<\|end\|>\n<\|user\|>/)
  const raw = tokenizer.decode(await encodePrompt(input, model, { raw: true }), { keepSpecial: true })
  t.equal(raw, 'Hi there.')
  const without = { ...model, chatTemplate: undefined }
  t.same(await encodePrompt(input, without), await encodePrompt(input, model, { raw: true }))
  await t.rejects(encodePrompt(input, without, { system: 'Be kind.' }), { code: 'CLI_CHAT_TEMPLATE_MISSING' })
  t.same(await encodePrompt({ kind: 'ids', ids: [5, 6] }, without), [5, 6])
})
