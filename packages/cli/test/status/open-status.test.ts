import { EventEmitter } from 'node:events'
import { SeededRandom, systemClock } from '@shardline/core'
import t from 'tap'
import type { CommandContext } from '../../src/commands/command-context.ts'
import { readConfig } from '../../src/config.ts'
import { Interrupt } from '../../src/run/interrupt.ts'
import { fetchStatus } from '../../src/status/fetch-status.ts'
import { openStatus } from '../../src/status/open-status.ts'
import { fakeTerminal } from '../support/fake-terminal.ts'
import type { FakeTerminal } from '../support/fake-terminal.ts'
import { RELAY } from '../support/status-documents.ts'

interface World extends FakeTerminal {
  readonly context: CommandContext
}

function world(options: { readonly isSupervised: boolean }): World {
  const fake = fakeTerminal()
  const { isSupervised } = options
  const context: CommandContext = {
    config: readConfig({ environment: {}, home: '/nowhere' }),
    terminal: fake.terminal,
    interrupt: new Interrupt({ source: new EventEmitter(), isSupervised, exit: () => undefined }),
    // Only whether there is one matters.
    supervised: isSupervised ? ({} as NonNullable<CommandContext['supervised']>) : undefined,
    clock: systemClock,
    random: new SeededRandom(1),
  }
  return { ...fake, context }
}

const roles = (): readonly [typeof RELAY] => [RELAY]
const FREE = { host: '127.0.0.1', port: 0 } as const

t.test('nothing is served unless it is wanted', async (t) => {
  const { context } = world({ isSupervised: false })
  t.equal(await openStatus({ status: undefined, isQuiet: false, roles }, context), undefined)
})

t.test('where it is served is printed, unless it is to be quiet', async (t) => {
  const told = world({ isSupervised: false })
  await using server = await openStatus({ status: FREE, isQuiet: false, roles }, told.context)
  t.equal(told.stdout(), `status at ${server?.address}\n`)
  const quiet = world({ isSupervised: false })
  await using _ = await openStatus({ status: FREE, isQuiet: true, roles }, quiet.context)
  t.equal(quiet.stdout(), '')
})

t.test('a part of a cluster takes another port where one is taken, and prints nothing', async (t) => {
  const alone = world({ isSupervised: false })
  await using first = await openStatus({ status: FREE, isQuiet: true, roles }, alone.context)
  const taken = { ...FREE, port: Number(new URL(first?.address ?? '').port) }
  await t.rejects(openStatus({ status: taken, isQuiet: true, roles }, alone.context), {
    code: 'CLI_STATUS_ADDRESS_UNUSABLE',
  })
  const part = world({ isSupervised: true })
  const { context } = part
  await using second = await openStatus({ status: taken, isQuiet: false, roles }, context)
  t.not(second?.address, first?.address)
  t.same((await fetchStatus(second?.address ?? '', context.interrupt.signal)).roles, roles())
  t.equal(part.stdout() + part.stderr(), '')
})

t.test('who lets others reach it is warned', async (t) => {
  const open = world({ isSupervised: false })
  await using _ = await openStatus(
    { status: { host: '0.0.0.0', port: 0 }, isQuiet: false, roles },
    open.context,
  )
  t.match(open.stderr(), /warning: whoever reaches 0\.0\.0\.0:0 can read the status/)
})
