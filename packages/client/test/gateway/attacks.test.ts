import { fork } from 'node:child_process'
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@shardline/core'
import t from 'tap'
import { serveDouble, until } from './support/served.ts'
import { piece, STARTED, tellStory } from './support/source-double.ts'
import type { Play } from './support/source-double.ts'

const messages = [{ role: 'user' as const, content: 'x' }]
const model = 'storyteller'
/** Between two honest requests. */
const HONEST_PAUSE_MS = 10
const isSoak = process.env['SHARDLINE_SOAK'] === '1'

/** Sends bytes and gives the status of what comes back. */
function sendRaw(address: string, text: string): Promise<string> {
  const { hostname, port } = new URL(address)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(text))
    let reply = ''
    socket.on('data', (bytes) => {
      reply += String(bytes)
      if (reply.includes('\r\n\r\n')) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(reply))
  })
}

// An answer without an end, of long pieces.
const endless: Play = async function* () {
  yield STARTED
  for (;;) {
    yield piece(0, 'x'.repeat(1_000))
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const LONG = piece(0, 'x'.repeat(4_000))

// The same, as fast as a model might write.
const steady: Play = async function* () {
  yield STARTED
  for (;;) {
    yield LONG
    await setTimeout(50)
  }
}

t.test('hostile requests are refused by name, each in the form of the API', async (t) => {
  await using served = await serveDouble({ bodyBytesMax: 100_000 })
  const { address } = served.server
  const ask = (body: string, headers = ''): string =>
    `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  const chunked =
    'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n'
  const head = 'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n'
  for (const [name, text, status, code] of [
    ['depth bomb', ask('['.repeat(50_000)), 400, 'client_gateway_body_malformed'],
    ['deep object', ask('{"a":'.repeat(65) + '1' + '}'.repeat(65)), 400, 'client_gateway_body_malformed'],
    ['no JSON', ask('{"model":'), 400, 'client_gateway_body_malformed'],
    ['no object', ask('[1]'), 400, 'client_gateway_body_malformed'],
    ['empty', ask(''), 400, 'client_gateway_body_malformed'],
    ['100 MB announced', `${head}content-length: 100000000\r\n\r\n`, 413, 'client_gateway_body_too_large'],
    [
      '100 MB without an announcement',
      `${chunked}${'4000\r\n'}${'x'.repeat(0x4000)}\r\n`.repeat(1) +
        `4000\r\n${'x'.repeat(0x4000)}\r\n`.repeat(8),
      413,
      'client_gateway_body_too_large',
    ],
    [
      'two lengths',
      `${head}content-length: 1\r\ncontent-length: 2\r\n\r\nx`,
      400,
      'client_gateway_http_malformed',
    ],
    [
      'header flood',
      `${head}${Array.from({ length: 5_000 }, (_, i) => `x-${i}: y\r\n`).join('')}\r\n`,
      431,
      'client_gateway_headers_too_large',
    ],
    [
      'long address',
      `GET /v1/models?${'x'.repeat(3_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`,
      414,
      'client_gateway_url_too_long',
    ],
    ['no HTTP', 'HELLO\r\n\r\n', 400, 'client_gateway_http_malformed'],
    ['no host', 'GET /v1/models HTTP/1.1\r\n\r\n', 400, ''],
    [
      'wrong escape',
      'GET /v1/models/%zz HTTP/1.1\r\nhost: localhost\r\n\r\n',
      400,
      'client_gateway_http_malformed',
    ],
    [
      'text',
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n{}`,
      415,
      'client_gateway_media_type',
    ],
  ] as const) {
    const reply = await sendRaw(address, text)
    t.match(reply, new RegExp(`^HTTP/1\\.1 ${status} `), name)
    if (code !== '') t.match(reply, code, name)
  }
  t.equal(served.source.asks.length, 0)
  t.equal((await served.openai.models.list()).data.length, 1, 'goes on')
})

t.test('a request that does not come in whole is ended', async (t) => {
  await using served = await serveDouble({ headersMsMax: 50, requestMsMax: 100 })
  const { address } = served.server
  t.match(await sendRaw(address, 'GET /v1/models HTTP/1.1\r\nhost: local'), /^HTTP\/1\.1 408 /)
  const half =
    'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{'
  t.match(await sendRaw(address, half), /^HTTP\/1\.1 408 |^$/)
})

t.test(
  'more requests than one address, all, or a second may have are refused, and later ones taken',
  async (t) => {
    for (const options of [{ clientRequestsMax: 2 }, { requestsMax: 2 }, { bodiesBytesMax: 140 }]) {
      await using served = await serveDouble(options)
      let go = (): void => undefined
      const isTime = new Promise<void>((resolve) => (go = resolve))
      served.source.play = async function* (content, signal) {
        await isTime
        yield* tellStory(content, signal)
      }
      const running = [1, 2].map(() => served.openai.chat.completions.create({ model, messages }))
      await until(() => served.source.asks.length === 2)
      const refused = await served.post('/v1/chat/completions', { model, messages })
      t.equal(refused.status, 429)
      t.equal(refused.headers.get('retry-after'), '1')
      go()
      await Promise.all(running)
      t.equal((await served.post('/v1/chat/completions', { model, messages })).status, 200)
    }
    await using served = await serveDouble(
      { clientRequestsPerSecondMax: 1, rateBurstSecondsMax: 3 },
      // All within one moment, however slow the machine is.
      { ...systemClock, now: () => 0, monotonic: () => 0 },
    )
    const statuses = []
    for (let i = 0; i < 5; i++) statuses.push((await fetch(`${served.server.address}/v1/models`)).status)
    t.same(statuses.slice(0, 4), [200, 200, 200, 429])
  },
)

t.test('a client that does not read stops its own answer, and is cut', async (t) => {
  await using served = await serveDouble({ readerMsMax: 300 })
  served.source.play = endless
  const { hostname, port } = new URL(served.server.address)
  const body = JSON.stringify({ model, messages, stream: true })
  const socket = connect(Number(port), hostname, () => {
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
  })
  socket.pause()
  socket.on('error', () => undefined)
  await until(() => served.source.asks[0]?.isOver === true)
  const seen = served.source.asks[0]
  await until(() => seen?.signal.aborted === true)
  // What the system's buffers of a connection hold, and not what an endless answer would be.
  t.ok((seen?.taken ?? 0) < 20_000, `${seen?.taken} pieces`)
  socket.destroy()
})

t.test('where all places are taken, those who do not read make room', async (t) => {
  await using served = await serveDouble({ requestsMax: 4 })
  served.source.play = endless
  const body = JSON.stringify({ model, messages, stream: true })
  const text = `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  const { hostname, port } = new URL(served.server.address)
  const sockets = Array.from({ length: 4 }, () => {
    const socket = connect(Number(port), hostname, () => socket.write(text))
    socket.on('error', () => undefined)
    return socket.pause()
  })
  await until(() => served.source.asks.length === 4)
  const total = (): number => served.source.asks.reduce((sum, { taken }) => sum + taken, 0)
  // Many short looks: a single long one may fall into a pause of the machine.
  for (let [before, looks] = [-1, 0]; looks < 20; looks = before === total() ? looks + 1 : 0) {
    before = total()
    await setTimeout(10)
  }
  served.source.play = tellStory
  t.equal((await served.openai.chat.completions.create({ model, messages })).object, 'chat.completion')
  await until(() => served.source.asks.filter(({ isOver }) => isOver).length === 2)
  for (const socket of sockets) socket.destroy()
})

t.test('half-open and slow-reading connections leave honest requests going', async (t) => {
  const [halfOpen, slow, rounds] = isSoak ? [10_000, 1_000, 300] : [400, 60, 40]
  // Each address has its own share of the places, so that two attackers leave the half of them.
  await using served = await serveDouble({ requestsMax: 256, clientRequestsMax: 64 })
  served.source.play = (content, signal) =>
    JSON.stringify(content.input).includes('flood') ? steady(content, signal) : tellStory(content, signal)
  const honest = async (): Promise<readonly number[]> => {
    const times: number[] = []
    for (let round = 0; round < rounds; round++) {
      // Within what one address may ask in a second.
      await setTimeout(HONEST_PAUSE_MS)
      const startedMs = performance.now()
      await served.openai.chat.completions.create({ model, messages, seed: round })
      times.push(performance.now() - startedMs)
    }
    return times.toSorted((a, b) => a - b)
  }
  await honest()
  const alone = await honest()
  const heapBefore = process.memoryUsage().rss
  const script = fileURLToPath(new URL('support/flood.ts', import.meta.url))
  const { port } = new URL(served.server.address)
  const attacker = fork(script, [port, String(halfOpen), String(slow)], { execArgv: ['--import', 'tsx'] })
  await new Promise((resolve) => attacker.once('message', resolve))
  const isFlooded = (): boolean =>
    served.source.asks.some(({ content }) => JSON.stringify(content.input).includes('flood'))
  await until(isFlooded)
  const attacked = await honest()
  attacker.disconnect()
  const grownMiB = (process.memoryUsage().rss - heapBefore) / 2 ** 20
  const p99 = (times: readonly number[]): number => times[Math.floor(times.length * 0.99)] ?? 0
  const ratio = p99(attacked) / p99(alone)
  t.comment(`p99 under attack ${ratio.toFixed(2)} of alone; ${grownMiB.toFixed(0)} MiB more`)
  t.equal(attacked.length, rounds, 'every honest request was answered')
  t.ok(grownMiB < (isSoak ? 400 : 200), `${grownMiB} MiB`)
  if (isSoak) t.ok(ratio < 2, `p99 is ${ratio} of alone`)
})
