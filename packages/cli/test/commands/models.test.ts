import path from 'node:path'
import t from 'tap'
import { MODEL, runCommand } from '../support/command.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()

async function json(...args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const result = await runCommand(['models', ...args, '--json'], { cache })
  if (result.code !== 0) throw new Error(result.stderr)
  return JSON.parse(result.stdout) as Readonly<Record<string, unknown>>
}

t.test('inspect tells the shape, the formats and the memory of a layer', async (t) => {
  const facts = await json('inspect', MODEL)
  t.match(facts, {
    family: 'llama',
    layers: 8,
    hidden_size: 256,
    heads: 4,
    kv_heads: 2,
    head_size: 64,
    vocabulary_size: 2048,
    context_length: 1024,
    is_exact: true,
    has_tokenizer: true,
    has_chat_template: true,
    tensors: [{ dtype: 'F16', tensors: 74 }],
    suggested_sampling: { temperature: 0.7, top_p: 0.95, max_tokens: 320 },
    kv_bytes_per_token_and_layer: 1024,
  })
  t.match(facts['digest'], /^[0-9a-f]{64}$/)
  const text = await runCommand(['models', 'inspect', MODEL], { cache })
  t.match(text.stdout, /8 layers, 256 wide.*\n[^]*equal bit for bit[^]*int4 +\d+ KiB/)
})

t.test('list shows the bundled model', async (t) => {
  const { models } = await json('list')
  t.match(models, [{ from: 'bundled', is_complete: true }])
  const { stdout } = await runCommand(['models', 'list'], { cache })
  t.match(stdout, /storyteller +bundled +11\.5 MiB/)
})

t.test('cache shows how large it is, and --clear empties it', async (t) => {
  await json('pull', MODEL)
  const before = await json('cache')
  t.equal(before['path'], cache)
  t.equal(before['is_cleared'], false)
  t.ok((before['total_bytes'] as number) > 1_000_000)
  const cleared = await runCommand(['models', 'cache', '--clear'], { cache })
  t.match(cleared.stdout, /is empty now; it held:[^]*packed +1 models/)
  const after = await json('cache')
  t.equal(after['total_bytes'], 0)
  const here = await json('inspect', path.relative(process.cwd(), MODEL))
  t.equal(here['layers'], 8, 'models of one own are never touched')
})
