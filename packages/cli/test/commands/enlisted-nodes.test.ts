import path from 'node:path'
import { SeededRandom, systemClock } from '@shardline/core'
import { createIdentity, identityFromSeed, KeyStore } from '@shardline/identity'
import { formatNodeInvite, parseNodeInvite, signNodePass } from '@shardline/node'
import t from 'tap'
import { DiskKeyFolder } from '../../src/keys/disk-key-folder.ts'
import { MODEL, runCommand, RunningCommand } from '../support/command.ts'
import { generate } from '../support/generate.ts'
import { sharedCache } from '../support/shared-cache.ts'

t.setTimeout(600_000)

const cache = sharedCache()
const folder = t.testdir({})
const PROMPT = 'Tell me a story about a cat.'
const SAMPLING = ['--max-tokens', '200', '--seed', '4']
const running: RunningCommand[] = []
t.teardown(() => Promise.all(running.map((command) => command[Symbol.asyncDispose]())))

/** A command of somebody with keys of their own. */
function start(who: string, ...args: readonly string[]): RunningCommand {
  const env = { SHARDLINE_KEYS: path.join(folder, who) }
  const command = new RunningCommand(args, { cache, env })
  running.push(command)
  return command
}

interface StartedDriver {
  readonly command: RunningCommand
  /** The line for nodes. */
  readonly line: string
}

async function startDriver(door: string): Promise<StartedDriver> {
  const serve = ['--model', MODEL, '--key', 'home', '--serve', '0', '--invite-nodes', door]
  const command = start('home', 'driver', ...serve)
  const [, line = ''] = await command.untilWritten('stdout', /^invite for nodes (\S+)$/m)
  return { command, line }
}

async function inviteOf({ command }: StartedDriver): Promise<string> {
  const [, invite = ''] = await command.untilWritten('stdout', /^invite (shardline1\S+)$/m, lent())
  return invite
}

// One cluster, whose life is told from test to test.
let driver: StartedDriver
const join = (who: string, line: string, ...more: readonly string[]): RunningCommand =>
  start(who, 'node', '--join', line, '--listen', '0', ...more)
const ask = (invite: string, ...more: readonly string[]): RunningCommand =>
  start('user', 'ask', '--invite', invite, '--quiet', ...SAMPLING, ...more, PROMPT)
let undisturbed = ''
let invite = ''
let [first, second, validator]: (RunningCommand | undefined)[] = []
/** Those without whom no pipeline is formed. */
const lent = (): readonly RunningCommand[] => [first, validator].filter((node) => node !== undefined)

t.test(
  'a driver without nodes says what is missing, and serves when friends have lent theirs by one line',
  async (t) => {
    const env = { SHARDLINE_KEYS: path.join(folder, 'home') }
    const made = await runCommand(['keys', 'new', 'home'], { cache, env })
    t.equal(made.code, 0, made.stderr)
    driver = await startDriver('127.0.0.1:0')
    await driver.command.untilWritten('stderr', /waits for nodes; missing: a worker and a validator/)
    first = join('ann', driver.line)
    await first.untilWritten('stderr', /worker: enlisted with shard1/, [driver.command])
    await driver.command.untilWritten('stderr', /waits for nodes; missing: a validator/, [first])
    validator = join('bob', driver.line, '--roles', 'validator')
    invite = await inviteOf(driver)
    const answer = await ask(invite).ended
    t.equal(answer.code, 0, answer.stderr)
    undisturbed = answer.stdout.trim()
    const alone = await generate(cache, ['--prompt', PROMPT, ...SAMPLING, '--json'])
    t.equal(undisturbed, (alone.text ?? '').trim(), 'it answers as one process does')
  },
)

t.test('invites that are wrong, expired or of another driver are refused by name', async (t) => {
  const invited = parseNodeInvite(driver.line)
  const stranger = await createIdentity(new SeededRandom(8))
  const store = new KeyStore({
    folder: new DiskKeyFolder({
      path: path.join(folder, 'home'),
      random: new SeededRandom(1),
      platform: process.platform,
    }),
    clock: systemClock,
    random: new SeededRandom(2),
  })
  const { seed } = await store.open({ name: 'home-door', passphrase: undefined })
  const pass = signNodePass(await identityFromSeed(seed), systemClock.now() - 1)
  const wrong: readonly (readonly [string, RegExp])[] = [
    [invite, /invites to ask.*NODE_INVITE_INVALID/s],
    [formatNodeInvite({ ...invited, door: stranger.id }), /WIRE_PEER_WRONG/],
    [formatNodeInvite({ ...invited, pass }), /NODE_PASS_EXPIRED/],
  ]
  const ends = await Promise.all(wrong.map(([line], index) => join(`eve-${index}`, line).ended))
  for (const [index, { code, stderr }] of ends.entries()) {
    t.not(code, 0)
    t.match(stderr, wrong[index]?.[1] ?? /^$/)
  }
})

t.test('a third friend takes over when the worker is killed in mid-answer', async (t) => {
  second = join('cid', driver.line)
  const both = /(worker-\w+) at \S+ enlisted[^]*(worker-\w+) at \S+ enlisted/
  await driver.command.untilWritten('stderr', both, [second])
  const asked = ask(invite)
  await asked.untilWritten('stdout', /\S+ \S+ /)
  first?.signal('SIGKILL')
  const answer = await asked.ended
  t.equal(answer.code, 0, answer.stderr)
  t.equal(answer.stdout.trim(), undisturbed)
  await driver.command.untilWritten('stderr', /worker worker-\w+ at \S+ has gone/)
})

t.test('a friend who comes back stands by, and takes over when the other one stops', async (t) => {
  first = join('ann', driver.line)
  await first.untilWritten('stderr', /worker: enlisted with/, [driver.command])
  const asked = ask(invite)
  await asked.untilWritten('stdout', /\S+ \S+ /)
  second?.signal('SIGINT')
  const answer = await asked.ended
  t.equal(answer.code, 0, answer.stderr)
  t.equal(answer.stdout.trim(), undisturbed)
  const stopped = await second?.ended
  t.equal(stopped?.code, 130)
  t.match(stopped?.stderr, /worker: has left its driver/)
  const after = await ask(invite).ended
  t.equal(after.stdout.trim(), undisturbed, after.stderr)
})

t.test('nodes find their driver again when it was killed and started anew', async (t) => {
  driver.command.signal('SIGKILL')
  await driver.command.ended
  const [door = ''] = parseNodeInvite(driver.line).addresses
  driver = await startDriver(door.replace('ws://', ''))
  const answer = await ask(await inviteOf(driver)).ended
  t.equal(answer.stdout.trim(), undisturbed, answer.stderr)
  driver.command.signal('SIGINT')
  t.equal((await driver.command.ended).code, 130)
})
