import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { MODEL, runCommand } from '../support/command.ts'
import { generate } from '../support/generate.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()
const PROMPT = ['--prompt', 'Invent an animal.', '--seed', '5', '--max-tokens', '120'] as const
const BASE = ['generate', '--model', MODEL, ...PROMPT]

const SCHEMA = JSON.stringify({
  type: 'object',
  properties: { animal: { enum: ['fox', 'owl'] }, note: { type: 'string', maxLength: 20 } },
  required: ['animal', 'note'],
})

async function schemaFile(text: string): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'shardline-schema-'))
  const path = join(folder, 'schema.json')
  await writeFile(path, text)
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

t.test('an answer with a schema is the same in one process and over three workers', async (t) => {
  await using file = await schemaFile(SCHEMA)
  const alone = await generate(cache, [...PROMPT, '--json-schema', file.path])
  const spread = await generate(cache, [...PROMPT, '--json-schema', file.path, '--workers', '3'])
  t.equal(alone.finish_reason, 'stop')
  const value = JSON.parse(alone.text ?? '') as { readonly animal: string; readonly note: string }
  t.ok(['fox', 'owl'].includes(value.animal) && value.note.length <= 20, alone.text ?? '')
  t.equal(spread.text, alone.text)
  t.equal(spread.digest, alone.digest)
})

t.test('--json-object begins an object, --logit-bias keeps tokens away', async (t) => {
  const args = [...PROMPT, '--temperature', '0', '--max-tokens', '2', '--json-object']
  const object = await generate(cache, args)
  t.match(object.text, /^\{/)
  const id = object.token_ids[1] ?? 0
  const biased = await generate(cache, [...args, '--logit-bias', `${id}=-100`, '--logit-bias', '7=-1.5'])
  t.match(biased.text, /^\{/)
  t.not(biased.token_ids[1], id)
})

t.test('a schema that can not be kept is refused by name before anything starts', async (t) => {
  await using file = await schemaFile('{"type":"object","minProperties":2}')
  const refused = await runCommand([...BASE, '--json-schema', file.path], { cache })
  t.equal(refused.code, 1)
  t.match(refused.stderr, /ENGINE_GRAMMAR_KEYWORD_UNSUPPORTED/)
  t.match(refused.stderr, /minProperties/)
})
