import t from 'tap'
import { MODEL, runCommand, RunningCommand } from '../support/command.ts'
import { generate } from '../support/generate.ts'
import { descendants, isAlive } from '../support/processes.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()
const PROMPT = 'Tell me a story about a cat.'
const SAMPLED = ['--max-tokens', '40', '--seed', '4']
const INVITE = /^invite (shardline1[0-9a-z]+)$/m

interface AskJson {
  readonly text: string
  readonly tokens: number
  readonly windows: number
  readonly finishReason: string
  readonly report: {
    readonly isVerified: boolean
    readonly driver: string
    readonly validator: string
    readonly stages: readonly { readonly role: string; readonly party: string }[]
  }
}

t.test('a cluster that serves answers asks as generate does, verified, until it is stopped', async (t) => {
  await using cluster = new RunningCommand(['up', '--serve', '0', '--workers', '1', '--model', MODEL], {
    cache,
  })
  const [, invite = ''] = await cluster.untilWritten('stdout', INVITE)
  const [, address = ''] = /^serving on (\S+)$/m.exec(cluster.stdout) ?? []
  const alone = await generate(cache, ['--workers', '0', '--prompt', PROMPT, ...SAMPLED])
  const asked = await runCommand(['ask', '--invite', invite, '--json', ...SAMPLED, PROMPT], { cache })
  t.equal(asked.code, 0, asked.stderr)
  const { text, tokens, windows, report } = JSON.parse(asked.stdout) as AskJson
  t.equal(text, alone.text)
  t.same([tokens, windows, report.isVerified], [40, 2, true])
  t.equal(address.split('#')[1], report.driver)
  t.equal(new Set(report.stages.map(({ party }) => party)).size, 3, 'each stage is somebody')

  const options = { cache, stdin: `${PROMPT}\n`, env: { SHARDLINE_INVITE: invite } }
  const shown = await runCommand(['ask', ...SAMPLED], options)
  t.equal(shown.stdout, `${alone.text}\n`, 'piped in, with the invite of the environment')
  t.match(shown.stderr, /verified: 40 tokens of storyteller under 2 signatures of shard1/)
  const children = descendants(cluster.pid)
  cluster.signal('SIGTERM')
  t.equal((await cluster.ended).code, 143)
  t.same(children.filter(isAlive), [])
})

t.test('what can not be asked is said by name', async (t) => {
  const codeOf = async (...args: readonly string[]): Promise<unknown> => {
    const { stderr } = await runCommand(['ask', '--json', ...args], { cache })
    return (JSON.parse(stderr) as { error: { code: string } }).error.code
  }
  t.equal(await codeOf('text'), 'CLI_USAGE')
  t.equal(await codeOf('--invite', 'shardline1qqqqqqqqq', 'text'), 'CLIENT_INVITE_INVALID')
  t.equal(await codeOf('--driver', 'ws://127.0.0.1:1', 'text'), 'CLIENT_DRIVER_ADDRESS')
})
