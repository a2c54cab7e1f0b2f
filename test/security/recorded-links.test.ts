import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { encode } from '@msgpack/msgpack'
import { openCheckpoint, openEmbeddingTable } from '@shardline/model'
import { encodeFrame } from '@shardline/wire'
import t from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { findNeedles, idNeedles, rowNeedles, textNeedles, wordNeedles } from '../support/canary-search.ts'
import type { Needle } from '../support/canary-search.ts'
import { recordConnections } from '../support/recording-proxy.ts'
import type { RecordedConnection } from '../support/recording-proxy.ts'
import { shardline } from '../support/shardline-command.ts'
import { sharedCacheFolder, storyteller } from '../support/test-models.ts'

/** Words that no program says by itself. */
const CANARY = 'Zwitscherling quokkas juggle marzipan xylophones beneath vermilion umbrellas.'
const MODEL = ['--model', storyteller]
const SAMPLED = ['--max-tokens', '40', '--seed', '4', '--temperature', '0.8']
/** Numbers of one hidden state of the bundled model. */
const HIDDEN_SIZE = 256
/** What a link carries at the least: its handshake and one message each way. */
const LINK_BYTES_MIN = 1024
/** Names of fields, as every frame of hidden states has them in clear. */
const FIELDS = ['pipeline', 'hiddenSize', 'segments', 'position']

interface Generated {
  readonly text: string
  readonly prompt_token_ids: readonly number[]
  readonly token_ids: readonly number[]
}

/** What the model makes of the canary in one process, with nobody else. */
async function generateAlone(): Promise<Generated> {
  await using alone = shardline(['generate', '--workers', '0', '--json', ...MODEL, ...SAMPLED, '-p', CANARY])
  return JSON.parse(await alone.output) as Generated
}

/** Embedding rows of tokens, as they enter the first stage: f32, little-endian. */
async function rowsOf(ids: readonly number[]): Promise<Float32Array> {
  await using checkpoint = await openCheckpoint(storyteller, { cacheFolder: sharedCacheFolder() })
  await using embeddings = await openEmbeddingTable(checkpoint)
  return Float32Array.from(await embeddings.rows(ids))
}

/** The same rows as the checkpoint has them: f16. */
async function storedRowsOf(ids: readonly number[]): Promise<readonly Uint8Array[]> {
  const file = await readFile(path.join(storyteller, 'model.safetensors'))
  const headerBytes = Number(file.readBigUInt64LE())
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerBytes)) as Readonly<
    Record<string, { readonly data_offsets: readonly [number, number] }>
  >
  const start = 8 + headerBytes + (header['model.embed_tokens.weight']?.data_offsets[0] ?? Number.NaN)
  const rowBytes = 2 * HIDDEN_SIZE
  return ids.map((id) => file.subarray(start + id * rowBytes, start + (id + 1) * rowBytes))
}

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
  await using client = shardline(['ask', '--driver', door.address, '--json', ...SAMPLED, CANARY], {
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

/** All that would give the canary or its answer away. */
async function needlesOf(generated: Generated, rows: Float32Array): Promise<readonly Needle[]> {
  const { text, prompt_token_ids: promptIds, token_ids: ids } = generated
  const stored = await storedRowsOf(promptIds)
  return [
    ...wordNeedles(CANARY),
    ...textNeedles('the prompt', CANARY),
    ...textNeedles('the answer', text),
    ...idNeedles("the prompt's ids", promptIds),
    ...idNeedles("the answer's ids", ids),
    ...stored.flatMap((row, at) => rowNeedles(`stored row ${at}`, row)),
    ...promptIds.flatMap((_, at) => {
      const row = rows.subarray(at * HIDDEN_SIZE, (at + 1) * HIDDEN_SIZE)
      return rowNeedles(`row ${at}`, new Uint8Array(row.buffer, row.byteOffset, row.byteLength))
    }),
  ]
}

/** The canary and its answer as they would travel with no seal, in every form. */
async function plainDump(generated: Generated, rows: Float32Array): Promise<Buffer> {
  const { text, prompt_token_ids: promptIds, token_ids: ids } = generated
  const forms = [CANARY, CANARY.toLowerCase(), CANARY.toUpperCase()].map((form) => Buffer.from(form))
  const moved = forms.flatMap((form) =>
    [0, 1, 2].map((offset) => Buffer.concat([Buffer.alloc(offset), form]).toString('base64')),
  )
  const segments = [{ session: 's1', turn: 0, position: 0, rows: promptIds.length, use: 'sample' }] as const
  const frame = encodeFrame({
    kind: 'hidden',
    pipeline: 'p',
    epoch: 1,
    hiddenSize: HIDDEN_SIZE,
    open: [],
    segments,
    close: [],
    trace: [],
    payload: rows,
  })
  return Buffer.concat([
    ...forms.flatMap((form) => [
      form,
      Buffer.from(form.toString('hex')),
      Buffer.from(form.toString(), 'utf16le'),
    ]),
    Buffer.from([...moved, text, JSON.stringify({ promptIds, ids })].join('\n')),
    ...[promptIds, ids].flatMap((run) => [
      encode(run),
      Buffer.from(Int16Array.from(run).buffer),
      Buffer.from(Int32Array.from(run).buffer),
      Buffer.from(BigInt64Array.from(run, BigInt).buffer),
    ]),
    ...(await storedRowsOf(promptIds)),
    frame,
  ])
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
  const [generated, { text, links, logs }] = await Promise.all([generateAlone(), askRecorded()])
  t.equal(text, generated.text, 'the links carried this answer')
  const rows = await rowsOf(generated.prompt_token_ids)
  const needles = await needlesOf(generated, rows)
  const fields: readonly Needle[] = FIELDS.map((name) => ({ name, bytes: Buffer.from(name) }))
  t.ok(needles.length > 1000, `${needles.length} needles`)
  const plain = await plainDump(generated, rows)
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
    // Rows of the prompt pass every hop; only the way of control and of the text has less.
    if (name !== 'client and driver') t.ok(Math.max(...recorded) > rows.byteLength, name)
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
