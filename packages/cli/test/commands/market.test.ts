import { mkdtempSync } from 'node:fs'
import { mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { RunningCommand, runCommand } from '../support/command.ts'
import { runHere } from '../support/run-here.ts'

/** A home of its own for each test: keys and data. */
function makeHome(test: { teardown(run: () => Promise<void>): void }): {
  readonly folder: string
  readonly options: { readonly cache: string; readonly env: Readonly<Record<string, string>> }
} {
  const folder = mkdtempSync(path.join(tmpdir(), 'shardline-market-'))
  test.teardown(() => rm(folder, { recursive: true, force: true }))
  const env = { SHARDLINE_KEYS: path.join(folder, 'keys'), SHARDLINE_DATA: path.join(folder, 'data') }
  return { folder, options: { cache: path.join(folder, 'cache'), env } }
}

interface Started {
  readonly address: string
  readonly id: string
  readonly is_new_key: boolean
}

async function started(market: RunningCommand): Promise<Started> {
  const [line = ''] = await market.untilWritten('stdout', /^\{.*\}$/m)
  return JSON.parse(line) as Started
}

t.test('serves a market from a folder, keeps key and data, and ends cleanly on SIGTERM', async (t) => {
  const { folder, options } = makeHome(t)
  const args = ['market', '--port', '0', '--json', '--model', 'storyteller/q4=8', '--set', 'feeBps=500']
  let id: string
  {
    await using market = new RunningCommand(args, options)
    const first = await started(market)
    t.equal(first.is_new_key, true)
    id = first.id
    const answer = await fetch(`${first.address}/readyz`)
    t.equal(answer.status, 200)
    const facts = (await (await fetch(`${first.address}/v1/market`)).json()) as Record<string, string>
    t.equal(facts['id'], id)
    t.match(facts['logKey'], new RegExp(`^shardline-market/${id}\\+[0-9a-f]{8}\\+`))
    const checkpoint = await (await fetch(`${first.address}/v1/checkpoint`)).text()
    t.ok(checkpoint.startsWith(`shardline-market/${id}\n`))
    const price = await runCommand(['price', '--market', first.address], options)
    t.match(price.stdout, /\nstoryteller\/q4 +100 +100 +x1 /)
    const history = await runCommand(
      ['price', 'storyteller/q4', '--history', '--market', first.address],
      options,
    )
    t.match(history.stdout, /100 ┤/)
    const unknown = await runCommand(['price', 'nothing', '--history', '--market', first.address], options)
    t.match(unknown.stderr, /code: MARKET_NOT_FOUND/)
    market.signal('SIGTERM')
    t.equal((await market.ended).code, 143)
  }
  t.equal((await stat(path.join(folder, 'keys', 'market.key'))).mode & 0o777, 0o600)
  await using market = new RunningCommand(args, options)
  const second = await started(market)
  t.same([second.id, second.is_new_key], [id, false])
  market.signal('SIGINT')
  t.equal((await market.ended).code, 130)
})

t.test('says where it is, whose it is, and how to use it', async (t) => {
  const { options } = makeHome(t)
  await using market = new RunningCommand(['market', '--port', '0', '--database', 'memory:'], options)
  await market.untilWritten('stderr', /export SHARDLINE_MARKET=http:\/\/127\.0\.0\.1:\d+/)
  t.match(market.stdout, /^listening on http:\/\/127\.0\.0\.1:\d+\nmarket id shard1[a-z0-9]+\n$/)
  t.match(market.stderr, /key "market" is new/)
  t.notMatch(market.stderr, /warning/)
})

t.test('refuses wrong settings before anything is made', async (t) => {
  const { folder, options } = makeHome(t)
  await mkdir(folder, { recursive: true })
  const file = async (text: string): Promise<string> => {
    const name = path.join(folder, 'market.json')
    await writeFile(name, text)
    return name
  }
  const cases: readonly (readonly [readonly string[], string, number])[] = [
    [['--set', 'feeBps=10001'], 'MARKET_SETTING_INVALID', 2],
    [['--set', 'nonsense=1'], 'MARKET_SETTING_INVALID', 2],
    [['--set', 'feeBps'], 'CLI_OPTION_INVALID', 2],
    [['--operator', 'nobody'], 'IDENTITY_ID_INVALID', 1],
    [['--model', 'storyteller'], 'CLI_OPTION_INVALID', 2],
    [['--port', '65536'], 'CLI_OPTION_INVALID', 2],
    [['--settings', path.join(folder, 'nowhere.json')], 'CLI_SETTINGS_FILE', 2],
  ]
  for (const [args, code, exitCode] of cases) {
    const result = await runHere(['market', '--database', 'memory:', '--port', '0', ...args], options.env)
    t.match(result.stderr, new RegExp(`code: ${code}\\n`), args.join(' '))
    t.equal(result.code, exitCode, args.join(' ').replace(folder, ''))
  }
  for (const text of ['{', '[]', '{"feeBps": "much"}']) {
    const args = ['market', '--database', 'memory:', '--port', '0', '--settings', await file(text)]
    const result = await runHere(args, options.env)
    t.match(result.stderr, /code: (CLI_SETTINGS_FILE|MARKET_SETTING_INVALID)\n/, text)
  }
  await t.rejects(stat(path.join(folder, 'keys')), { code: 'ENOENT' })
})
