import t from 'tap'
import type {
  DriverStatus,
  PipelineStatus,
  StageStatus,
  StatusDocument,
} from '../../src/status/status-document.ts'
import { isStatusDocument } from '../../src/status/status-schema.ts'
import { MODEL, runCommand, RunningCommand } from '../support/command.ts'
import { runHere } from '../support/run-here.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()
const CANARY = 'zanzibarquux'
const STATUS_AT = /^status at (http:\S+)$/m
const LISTENING = /^listening on (\S+)$/m
const PIECE_CHARS = 16

async function textAt(address: string, path: string): Promise<string> {
  const response = await fetch(`${address}${path}`)
  if (!response.ok) throw new Error(`${address}${path}: ${response.status}`)
  return response.text()
}

function read(text: string): StatusDocument {
  const value: unknown = JSON.parse(text)
  if (!isStatusDocument(value)) throw new Error(`no status: ${text}`)
  return value
}

/** Every piece of a text that is long enough to be nobody else's. */
function piecesOf(text: string): readonly string[] {
  const flat = text.replaceAll(/\s+/g, ' ')
  return Array.from({ length: Math.max(0, flat.length - PIECE_CHARS) }, (_, at) =>
    flat.slice(at, at + PIECE_CHARS),
  )
}

/** A driver, a worker and a validator as processes, each with a status. */
interface ShownCluster extends AsyncDisposable {
  readonly invite: string
  /** Of driver, worker and validator. */
  readonly addresses: readonly string[]
}

async function startShown(): Promise<ShownCluster> {
  const show = ['--status', '0']
  const worker = new RunningCommand(['worker', '--listen', '0', ...show], { cache })
  const validator = new RunningCommand(['validator', '--listen', '0', ...show], { cache })
  const [, workerAt = ''] = await worker.untilWritten('stdout', LISTENING)
  const [, validatorAt = ''] = await validator.untilWritten('stdout', LISTENING)
  const line = ['driver', '--model', MODEL, '--workers', workerAt, '--validator', validatorAt]
  const driver = new RunningCommand([...line, '--serve', '0', ...show], { cache })
  const [, invite = ''] = await driver.untilWritten('stdout', /^invite (\S+)$/m, [worker, validator])
  const addresses: string[] = []
  for (const role of [driver, worker, validator])
    addresses.push((await role.untilWritten('stdout', STATUS_AT))[1] ?? '')
  const stop = async (): Promise<void> => {
    for (const role of [driver, worker, validator]) await role[Symbol.asyncDispose]()
  }
  return { invite, addresses, [Symbol.asyncDispose]: stop }
}

/** All that any of them shows, and the commands that show it. */
async function everythingShown(addresses: readonly string[]): Promise<string> {
  const shown = [(await runHere(['status', ...addresses])).stdout]
  shown.push((await runHere(['status', '--json', ...addresses])).stdout)
  for (const address of addresses)
    for (const path of ['/v1/status', '/metrics']) shown.push(await textAt(address, path))
  return shown.join('\n')
}

t.test('roles show what they do, and nothing of what is said', async (t) => {
  await using cluster = await startShown()
  const { addresses, invite } = cluster
  const [driverAt = '', workerAt = ''] = addresses
  const prompt = `Tell me a story about ${CANARY}.`
  const ask = ['ask', '--invite', invite, '--json', '--max-tokens', '24', '--temperature', '0', prompt]
  const asked = await runCommand(ask, { cache })
  t.equal(asked.code, 0, asked.stderr)
  const { text, tokens } = JSON.parse(asked.stdout) as { readonly text: string; readonly tokens: number }

  const [driver] = read(await textAt(driverAt, '/v1/status')).roles as readonly [DriverStatus]
  t.match(driver, { role: 'driver', answers: { answered: 1, running: 0, failed: {} }, earnings: null })
  t.match(driver.tokens, { total: tokens })
  const pipeline = driver.pipelines[0] as PipelineStatus
  t.match(pipeline, { model: 'storyteller', is_up: true, epoch: 1, spares: [], repairs: { done: 0 } })
  t.match(pipeline.stages, [
    { role: 'driver', layers: null },
    { role: 'worker', layers: { first: 0, count: 8 } },
    { role: 'validator', layers: null },
  ])
  for (const [kind, ms] of Object.entries(pipeline.token_ms)) t.ok(Number(ms) > 0, `${kind}: ${ms}`)

  const [stage] = read(await textAt(workerAt, '/v1/status')).roles as readonly [StageStatus]
  t.match(stage, { role: 'worker', pipelines: [{ id: pipeline.id, epoch: 1, is_ready: true }] })
  t.equal(stage.party, pipeline.stages[1]?.party)
  t.ok(stage.rows >= tokens, 'as many rows as tokens at the least')

  const all = await everythingShown(addresses)
  t.match(all, /answers {3}0 running · 0 waiting · 1 answered/)
  t.match(all, /worker 1 +layers 0-7.*\n +validator +head/)
  t.match(all, /shardline_driver_asks_answered_total 1\n/)
  t.notOk(all.includes(CANARY), 'the prompt is nowhere')
  t.ok(piecesOf(text).length > 0, text)
  const leaked = piecesOf(text).filter((piece) => all.includes(piece))
  t.same(leaked, [], 'nor is the answer')

  const top = await runHere(['top', '--count', '1', driverAt])
  t.match(top.stdout, /^http\S+ \d\d:\d\d:\d\d driver running=0 .* storyteller=up,epoch-1\n$/)
})

t.test('where nobody shows a status, what to do is said', async (t) => {
  const { code, stderr } = await runHere(['status', '1'])
  t.equal(code, 1)
  t.match(stderr, /no status could be read from http:\/\/127\.0\.0\.1:1;.*--status/)
  t.match(stderr, /CLI_STATUS_UNREACHABLE/)
  const top = await runHere(['top', '--count', '1', '1'])
  t.equal(top.stdout, 'http://127.0.0.1:1 CLI_STATUS_UNREACHABLE\n')
})

t.test('what can not be asked is refused with what is allowed', async (t) => {
  for (const [args, allowed] of [
    [['status', 'ws://here:7101'], /allowed is http:\/\/host:port/],
    [['top', '--every', '0'], /from 0\.1/],
    [['worker', '--status', 'nowhere'], /host:port/],
    [['status', ...Array.from({ length: 65 }, () => '7500')], /at most 64/],
  ] as const) {
    const { code, stderr } = await runHere(args)
    t.equal(code, 2, args.join(' '))
    t.match(stderr, allowed)
  }
})
