import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { answerAlone, CANARY_PROMPT, needlesOf, plainDump } from '../support/canary.ts'
import { findNeedles } from '../support/canary-search.ts'
import type { Needle } from '../support/canary-search.ts'
import { recordConnections } from '../support/recording-proxy.ts'
import type { RecordedConnection } from '../support/recording-proxy.ts'
import { shardline } from '../support/shardline-command.ts'
import { storyteller } from '../support/test-models.ts'

// Six processes take their time on a busy machine.
t.setTimeout(600_000)

const MODEL = ['--model', storyteller]
const SAMPLED = ['--max-tokens', '40', '--seed', '9', '--temperature', '1.2']
/** What a link carries at the least: its handshake and one message each way. */
const LINK_BYTES_MIN = 1024
/** Names of fields, as every frame of hidden states has them in clear. */
const FIELDS = ['pipeline', 'hiddenSize', 'segments', 'position']

/** Starts a role that says everything that it can, and what records its links. */
async function startRole(args: readonly string[]) {
  const command = shardline([...args, '--listen', '127.0.0.1:0', ...MODEL], { logLevel: 'trace' })
  const [, address = ''] = await command.untilWritten(/^listening on (\S+)$/m)
  const proxy = await recordConnections(address)
  t.teardown(async () => {
    await command[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
  })
  return { command, proxy }
}

/** Has a cluster of five processes answer the canary, with a recorder between each pair. */
async function askRecorded() {
  const [first, second, validator] = await Promise.all([
    startRole(['worker', '--layers', '0-3']),
    startRole(['worker', '--layers', '4-7']),
    startRole(['validator']),
  ])
  const workers = [first, second].map(({ proxy }) => proxy.address).join(',')
  const nodes = ['--workers', workers, '--validator', validator.proxy.address]
  const driver = shardline(['driver', ...nodes, ...MODEL, '--serve', '0'], { logLevel: 'trace' })
  t.teardown(() => driver[Symbol.asyncDispose]())
  const [, address = ''] = await driver.untilWritten(/^serving on (\S+)$/m)
  const door = await recordConnections(address)
  t.teardown(() => door[Symbol.asyncDispose]())
  await using client = shardline(['ask', '--driver', door.address, '--json', ...SAMPLED, CANARY_PROMPT], {
    logLevel: 'trace',
  })
  const { text } = JSON.parse(await client.output) as { readonly text: string }
  const roles = { first: first.command, second: second.command, validator: validator.command, driver }
  // Their goodbyes are recorded too.
  for (const role of Object.values(roles).toReversed()) await role[Symbol.asyncDispose]()
  return {
    text,
    logs: {
      client: client.written.errors,
      ...mapValues(roles, ({ written }) => written.output + written.errors),
    },
    // Every process that listens has a recorder before it, so these are all the links that there are.
    links: {
      'client and driver': door.connections(),
      'driver and worker 1': first.proxy.connections(),
      'driver and worker 2, worker 1 and worker 2': second.proxy.connections(),
      'driver and validator, worker 2 and validator': validator.proxy.connections(),
    },
  }
}

function mapValues<T, R>(record: Readonly<Record<string, T>>, map: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
}

/** Names of those that went over a connection, as it was or under the mask of its dialing side. */
function findIn(connection: RecordedConnection, needles: readonly Needle[]): readonly string[] {
  return findNeedles(needles, Buffer.concat([connection.raw, connection.unmasked]))
}

/** What the recorder keeps of a message over a WebSocket that nobody sealed. */
async function recordPlain(message: Buffer, sender: 'dialer' | 'listener'): Promise<RecordedConnection> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  await using proxy = await recordConnections(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  server.on('connection', (far) => {
    if (sender === 'listener') far.send(message)
    else far.once('message', () => far.send('got it'))
  })
  const near = new WebSocket(proxy.address)
  const answered = once(near, 'message')
  await once(near, 'open')
  if (sender === 'dialer') near.send(message)
  await answered
  near.terminate()
  server.close()
  const [connection] = proxy.connections()
  if (connection === undefined) throw new Error('nothing was recorded')
  return connection
}

t.test('a prompt and its answer are on no link and in no log of five processes', async (t) => {
  const [canary, { text, links, logs }] = await Promise.all([
    answerAlone(CANARY_PROMPT, SAMPLED),
    askRecorded(),
  ])
  t.equal(text, canary.answer, 'the links carried this answer')
  const needles = needlesOf(canary)
  const fields: readonly Needle[] = FIELDS.map((name) => ({ name, bytes: Buffer.from(name) }))
  t.ok(needles.length > 1000, `${needles.length} needles`)
  const plain = plainDump(canary)
  for (const sender of ['dialer', 'listener'] as const) {
    const found = findIn(await recordPlain(plain, sender), [...needles, ...fields])
    t.equal(found.length, needles.length + fields.length, `in clear from a ${sender}, each of them is found`)
  }

  t.same(
    mapValues(links, (connections) => connections.length),
    {
      'client and driver': 1,
      'driver and worker 1': 1,
      'driver and worker 2, worker 1 and worker 2': 2,
      'driver and validator, worker 2 and validator': 2,
    },
  )
  for (const [name, connections] of Object.entries(links)) {
    const recorded = connections.map(({ raw }) => raw.length)
    t.ok(Math.min(...recorded) > LINK_BYTES_MIN, `${name}: ${recorded.join(' and ')} bytes`)
    // All rows pass every hop; only the way of control and of the text has less.
    if (name !== 'client and driver') t.ok(Math.max(...recorded) > canary.rows.byteLength, name)
    for (const connection of connections) {
      t.ok(
        connection.unmasked.length > LINK_BYTES_MIN / 4,
        `${name}: ${connection.unmasked.length} without mask`,
      )
      t.same(findIn(connection, [...needles, ...fields]), [], name)
    }
  }
  for (const [name, log] of Object.entries(logs)) {
    t.match(log, /"level":20/, `${name} logs at every level`)
    t.same(findNeedles(needles, Buffer.from(log)), [], `the log of ${name}`)
  }
})
