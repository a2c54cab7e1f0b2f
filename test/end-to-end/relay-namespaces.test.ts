import { execFileSync } from 'node:child_process'
import path from 'node:path'
import t from 'tap'
import { createNetworkIslands, whyNoNamespaces } from '../support/network-islands.ts'
import { shardline } from '../support/shardline-command.ts'
import { storyteller } from '../support/test-models.ts'

const MODEL = ['--model', storyteller]
const PROMPT = ['--prompt', 'Tell me a story about a cat.', '--max-tokens', '16', '--seed', '4', '--json']

/** What comes of connecting to a node's own port there. */
function dialFrom(namespace: string, host: string): string {
  const dial = `require('node:net').connect(7101, '${host}').on('error', ({ code }) => console.log(code))`
  return execFileSync('ip', ['netns', 'exec', namespace, process.execPath, '-e', dial], {
    encoding: 'utf8',
  }).trim()
}

t.test(
  'machines that nobody can connect to make a pipeline through a relay',
  { skip: whyNoNamespaces() ?? false },
  async (t) => {
    using network = createNetworkIslands(3)
    const { middle, middleHosts, islands, islandHosts } = network
    const environment = { SHARDLINE_KEYS: path.join(t.testdir({}), 'keys') }
    await using relay = shardline(['relay', '--listen', '0.0.0.0:7400'], { environment, namespace: middle })
    const [, id = ''] = await relay.untilWritten(/^listening on \S+#(shard1\w+)\n/)
    const lend = (role: string, island: number) =>
      shardline(
        [role, ...MODEL, '--listen', '0.0.0.0:7101', '--relay', `relay://${middleHosts[island]}:7400#${id}`],
        {
          environment,
          namespace: islands[island] ?? '',
        },
      )
    await using worker = lend('worker', 0)
    await using validator = lend('validator', 1)
    const named = async (role: typeof worker): Promise<string> =>
      (await role.untilWritten(/^listening on relay:\/\/\S+\/(shard1\w+)#/m))[1] ?? ''
    // Every machine reaches the relay at another of its addresses; who is behind it is the same everywhere.
    const relayed = `relay://${middleHosts[2]}:7400`
    const drive = (workerAt: string, validatorAt: string) =>
      shardline(['driver', ...MODEL, '--workers', workerAt, '--validator', validatorAt, ...PROMPT], {
        namespace: islands[2] ?? '',
      })

    t.equal(dialFrom(islands[2] ?? '', islandHosts[0] ?? ''), 'ENETUNREACH', 'they do not reach each other')
    const seen = (name: string): string => `${relayed}/${name}`
    await using driver = drive(seen(await named(worker)), seen(await named(validator)))
    const alone = shardline(['generate', '--workers', '0', ...MODEL, ...PROMPT])
    const textOf = async (json: Promise<string>): Promise<string> =>
      (JSON.parse(await json) as { text: string }).text
    t.equal(await textOf(driver.output), await textOf(alone.output))
  },
)
