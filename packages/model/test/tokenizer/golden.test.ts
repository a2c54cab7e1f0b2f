import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { readGguf } from '../../src/gguf/read-gguf.ts'
import { resolveReference } from '../../src/source/resolve-reference.ts'
import type { ChatTemplate, Tokenizer } from '../../src/tokenizer.ts'
import { chatTemplateFromFiles, chatTemplateFromGguf } from '../../src/tokenizer/chat-template-from.ts'
import { tokenizerFromFiles } from '../../src/tokenizer/tokenizer-from-files.ts'
import { tokenizerFromGguf } from '../../src/tokenizer/tokenizer-from-gguf.ts'
import { tempFolder } from '../support/temp-folder.ts'
import { SKIP_WITHOUT_MODELS, STORYTELLER, testModel } from '../support/test-models.ts'

interface Golden {
  readonly chat: readonly {
    readonly prompt: string
    readonly prompt_ids: readonly number[]
    readonly greedy_ids: readonly number[]
    readonly greedy_text: string
  }[]
  readonly text: string
  readonly forced: { readonly ids: readonly number[] }
}

async function compare(
  t: Test,
  golden: string,
  made: { readonly tokenizer: Tokenizer; readonly template: ChatTemplate | undefined },
): Promise<void> {
  const { tokenizer, template } = made
  const { chat, text, forced } = JSON.parse(await readFile(golden, 'utf8')) as Golden
  for (const { prompt, prompt_ids, greedy_ids, greedy_text } of chat) {
    t.same(tokenizer.encode(template?.render([{ role: 'user', content: prompt }]) ?? ''), prompt_ids, prompt)
    t.equal(tokenizer.decode(greedy_ids), greedy_text)
    const stream = tokenizer.stream()
    t.equal(greedy_ids.map((id) => stream.push(id)).join('') + stream.end(), greedy_text)
  }
  t.same(tokenizer.encode(text), forced.ids)
}

t.test('the bundled model has the ids of the reference', { skip: SKIP_WITHOUT_MODELS }, async (t) => {
  await using cache = await tempFolder()
  await using files = await resolveReference(STORYTELLER, { cacheFolder: cache.path })
  const made = { tokenizer: await tokenizerFromFiles(files), template: await chatTemplateFromFiles(files) }
  await compare(t, testModel('..', 'golden', 'storyteller.json'), made)
})

t.test('SmolLM2 as GGUF has the ids of the reference', { skip: SKIP_WITHOUT_MODELS }, async (t) => {
  await using cache = await tempFolder()
  await using files = await resolveReference(testModel('smollm2-135m-instruct'), { cacheFolder: cache.path })
  const { metadata } = await readGguf(
    await files.open(files.names.find((name) => name.endsWith('.gguf')) ?? ''),
  )
  const made = { tokenizer: tokenizerFromGguf(metadata), template: chatTemplateFromGguf(metadata) }
  await compare(t, join(testModel('..', 'golden'), 'smollm2-135m-instruct-q4_1.json'), made)
})
