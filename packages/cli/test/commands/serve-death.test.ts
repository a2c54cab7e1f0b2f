import { silentLog, systemClock, systemRandom } from '@shardline/core'
import { askOf, connectDriver, parseInvite, SAMPLING_OF_DRIVER } from '@shardline/client'
import type { AnswerReport, AnswerSource } from '@shardline/client'
import { createIdentity } from '@shardline/identity'
import { WebSocketTransport } from '@shardline/wire'
import t from 'tap'
import { MODEL, RunningCommand, sleep } from '../support/command.ts'
import { survivors } from '../support/processes.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()

async function startRole(args: readonly string[]): Promise<{ role: RunningCommand; address: string }> {
  const role = new RunningCommand([...args, '--model', MODEL], { cache })
  const [, address = ''] = await role.untilWritten('stdout', /^listening on (\S+)\n/)
  return { role, address }
}

async function connect(invite: string): Promise<AnswerSource> {
  const components = { clock: systemClock, log: silentLog }
  const self = { node: 'c', role: 'client', software: 'test' } as const
  const security = { identity: await createIdentity(systemRandom) }
  const transport = new WebSocketTransport(components, { self, security })
  return connectDriver({ ...components, random: systemRandom, transport }, parseInvite(invite))
}

/** Asks for a story; `onPiece` is called with each piece. */
async function ask(
  source: AnswerSource,
  maxTokens: number,
  onPiece: () => void = () => undefined,
): Promise<AnswerReport> {
  const sampling = { ...SAMPLING_OF_DRIVER, seed: 4 }
  const answer = source.ask(askOf({ kind: 'text', text: 'Once upon a time' }, { maxTokens, sampling }))
  for await (const event of answer) if (event.type === 'piece') onPiece()
  return answer.report
}

t.test('a killed worker ends answers by name, and a new one at its place heals the service', async (t) => {
  const [worker, validator] = await Promise.all([
    startRole(['worker', '--listen', '127.0.0.1:0']),
    startRole(['validator', '--listen', '127.0.0.1:0']),
  ])
  // The place is what counts: the worker that comes back is somebody else.
  const where = worker.address.replace(/#.*/, '')
  const nodes = ['--workers', where, '--validator', validator.address]
  await using driver = new RunningCommand(['driver', ...nodes, '--model', MODEL, '--serve', '0'], { cache })
  const [, invite = ''] = await driver.untilWritten('stdout', /^invite (shardline1[0-9a-z]+)$/m)
  await using source = await connect(invite)
  const kill = (): void => {
    if (worker.role.child.signalCode === null) worker.role.signal('SIGKILL')
  }
  await t.rejects(ask(source, 900, kill), {
    code: 'CLIENT_ASK_FAILED',
    remoteCode: 'DRIVER_STAGE_LOST',
    retryable: true,
  })
  await t.rejects(ask(source, 4), {
    code: 'CLIENT_ASK_REFUSED',
    remoteCode: 'DRIVER_PIPELINE_DOWN',
    retryAfterMs: Number,
    retryable: true,
  })
  const back = await startRole(['worker', '--listen', where.replace('ws://', '')])
  let report: AnswerReport | undefined
  while (report === undefined) {
    try {
      report = await ask(source, 4)
    } catch (cause) {
      t.match(cause, { remoteCode: 'DRIVER_PIPELINE_DOWN' })
      await sleep(100)
    }
  }
  t.match(report, { isVerified: true })
  driver.signal('SIGINT')
  t.equal((await driver.ended).code, 130)
  const rest = [validator.role, back.role]
  for (const role of rest) role.signal('SIGTERM')
  t.same(await survivors(rest.map(({ pid }) => pid)), [])
})
