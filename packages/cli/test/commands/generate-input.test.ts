import { cp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { MODEL, runCommand } from '../support/command.ts'
import { generate as generateWith } from '../support/generate.ts'
import type { GenerateJson } from '../support/generate.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()
const PROMPT = ['--prompt', 'Tell me a story about a fox and a lost key.', '--max-tokens', '24'] as const
const BASE = ['generate', '--model', MODEL]
const generate = (...args: readonly string[]): Promise<GenerateJson> => generateWith(cache, args)

t.test('a reported seed repeats an answer that had none', async (t) => {
  const first = await generate(...PROMPT)
  const again = await generate(...PROMPT, '--seed', String(first.seed))
  t.equal(again.text, first.text)
})

t.test('prompts come from files, pipes and ids alike', async (t) => {
  const { prompt_token_ids: ids, text } = await generate(...PROMPT, '--seed', '1')
  const folder = t.testdir({ 'ids.json': JSON.stringify({ ids }), 'prompt.txt': `${PROMPT[1]}\n` })
  const more = ['--max-tokens', '24', '--seed', '1']
  t.equal((await generate('--ids', path.join(folder, 'ids.json'), ...more)).text, text)
  t.equal((await generate('--file', path.join(folder, 'prompt.txt'), ...more)).text, text)
  const piped = await runCommand([...BASE, '--quiet', ...more], { cache, stdin: `${PROMPT[1]}\n` })
  t.equal(piped.stdout, `${text}\n`)
})

t.test('a model without a tokenizer takes and gives ids', async (t) => {
  const model = path.join(t.testdir({}), 'model')
  await cp(MODEL, model, { recursive: true })
  await rm(path.join(model, 'tokenizer.json'))
  await rm(path.join(model, 'tokenizer_config.json'))
  const { prompt_token_ids: ids, token_ids: expected } = await generate(...PROMPT, '--seed', '1')
  await writeFile(path.join(model, 'ids.json'), JSON.stringify(ids))
  const flags = ['--max-tokens', '24', '--seed', '1', '--ids', path.join(model, 'ids.json')]
  const result = await runCommand(['generate', '--model', model, '--json', ...flags], { cache })
  const json = JSON.parse(result.stdout) as GenerateJson
  t.equal(json.text, null)
  t.same(json.token_ids, expected)
  const plain = await runCommand(['generate', '--model', model, ...flags], { cache })
  t.same(JSON.parse(plain.stdout), expected)
  const refused = await runCommand(['generate', '--model', model, ...PROMPT], { cache })
  t.equal(refused.code, 1)
  t.match(refused.stderr, /MODEL_TOKENIZER_MISSING/)
  t.match(refused.stderr, /do: .*--ids/)
})
