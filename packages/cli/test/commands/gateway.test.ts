import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import t from 'tap'
import { MODEL, runCommand, RunningCommand } from '../support/command.ts'
import { generate } from '../support/generate.ts'
import { descendants, survivors } from '../support/processes.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()
const PROMPT = 'Tell me a story about a cat.'
const GATEWAY = /^gateway on (http:\/\/\S+\/v1)$/m

/** What an OpenAI program gets. */
async function ask(baseURL: string, apiKey = 'none', model = 'storyteller'): Promise<string> {
  const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 })
  const stream = await client.chat.completions.create({
    model,
    messages: [{ role: 'user', content: PROMPT }],
    max_tokens: 20,
    seed: 4,
    stream: true,
  })
  let text = ''
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
  return text
}

t.test(
  'up --gateway answers OpenAI programs as generate does, and ends with all its processes',
  async (t) => {
    await using cluster = new RunningCommand(['up', '--gateway', '0', '--model', MODEL], { cache })
    const [, base = ''] = await cluster.untilWritten('stdout', GATEWAY)
    await cluster.untilWritten('stderr', /for Ollama programs: export OLLAMA_HOST=http/)
    t.match(
      cluster.stderr,
      /try it: curl -N http:\S+\/chat\/completions -H 'content-type: application\/json' -d '\{/,
    )
    t.match(cluster.stderr, `for OpenAI programs: export OPENAI_BASE_URL=${base} OPENAI_API_KEY="none"`)
    const alone = await generate(cache, [
      '--workers',
      '0',
      '--prompt',
      PROMPT,
      '--max-tokens',
      '20',
      '--seed',
      '4',
    ])
    t.equal(await ask(base), alone.text)

    const [, invite = ''] = /^invite (shardline1[0-9a-z]+)$/m.exec(cluster.stdout) ?? []
    const folder = mkdtempSync(join(tmpdir(), 'shardline-gateway-'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    const keyFile = join(folder, 'key.txt')
    writeFileSync(keyFile, 'a-key-of-24-characters-x\n')
    chmodSync(keyFile, 0o600)
    const args = ['gateway', '--invite', invite, '--port', '0', '--json', '--access-key-file', keyFile]
    await using second = new RunningCommand([...args, '--alias', 'gpt-4o=storyteller', '--host', '0.0.0.0'], {
      cache,
    })
    await second.untilWritten('stdout', /\}\n$/)
    const { base_url: other, models } = JSON.parse(second.stdout) as {
      base_url: string
      models: readonly string[]
    }
    t.same(models, ['storyteller'])
    t.match(second.stderr, /0\.0\.0\.0 can be reached from other computers/)
    const reached = other.replace('0.0.0.0', '127.0.0.1')
    t.equal(await ask(reached, 'a-key-of-24-characters-x', 'gpt-4o'), alone.text)
    await t.rejects(ask(reached), { code: 'invalid_api_key' })
    second.signal('SIGTERM')
    t.equal((await second.ended).code, 143)

    const children = descendants(cluster.pid)
    t.equal(children.length, 4)
    cluster.signal('SIGINT')
    t.equal((await cluster.ended).code, 130)
    t.same(await survivors(children), [])
  },
)

t.test('what can not be served is said by name', async (t) => {
  const codeOf = async (...args: readonly string[]): Promise<unknown> => {
    const { stderr, code } = await runCommand(['gateway', '--json', ...args], { cache })
    t.not(code, 0)
    return (
      JSON.parse(stderr.split('\n').findLast((line) => line.startsWith('{')) ?? '{}') as {
        error?: { code: string }
      }
    ).error?.code
  }
  const codes = await Promise.all([
    codeOf(),
    codeOf('--invite', 'shardline1qqqqqqqqq'),
    codeOf('--driver', 'ws://127.0.0.1:1'),
    codeOf('--allow-origin', 'chat'),
  ])
  t.same(codes, ['CLI_USAGE', 'CLIENT_INVITE_INVALID', 'CLIENT_DRIVER_ADDRESS', 'CLI_OPTION_INVALID'])
})
