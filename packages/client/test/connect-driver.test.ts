import { ManualClock, silentLog, systemClock, systemRandom } from '@shardline/core'
import type { Clock } from '@shardline/core'
import {
  AnswerSealer,
  createIdentity,
  encryptionKeysOf,
  FIRST_WINDOW_PREVIOUS,
  openPrompt,
  rotateDriverKeys,
  signTokenWindow,
} from '@shardline/identity'
import type { DriverKey, Identity } from '@shardline/identity'
import { answerEvents, MemoryNetwork, MemoryTransport } from '@shardline/wire'
import type { AnswerEvent, AskMessage, Link, Listener, Message } from '@shardline/wire'
import t from 'tap'
import { connectDriver, textAsk } from '../src/index.ts'
import type { AnswerSource, ClientLimits, ConnectInit } from '../src/index.ts'

const DIGEST = 'ab'.repeat(32)
const TEXT = 'Once upon a time'

/** A driver that answers every ask with the same text, one token a word, signed as a validator does. */
class DriverDouble implements AsyncDisposable {
  readonly identity: Identity
  readonly validator: Identity
  readonly network: MemoryNetwork
  readonly received: Message[] = []
  readonly links: Link[] = []
  /** Changes the events of answers; undefined never answers. */
  tell: ((events: readonly AnswerEvent[]) => readonly (readonly AnswerEvent[])[]) | undefined = (events) => [
    events,
  ]
  keys: readonly DriverKey[] = []
  listener: Listener | undefined

  constructor(identity: Identity, validator: Identity, network: MemoryNetwork) {
    this.identity = identity
    this.validator = validator
    this.network = network
  }

  static async start(options: { readonly validMs?: number } = {}): Promise<DriverDouble> {
    const network = new MemoryNetwork({ clock: systemClock })
    const double = new DriverDouble(
      await createIdentity(systemRandom),
      await createIdentity(systemRandom),
      network,
    )
    const { identity } = double
    const made = { identity, clock: systemClock, random: systemRandom, keys: [], ...options }
    double.keys = await rotateDriverKeys(made)
    await double.listen()
    return double
  }

  async listen(as: Identity = this.identity): Promise<void> {
    const transport = transportOf(this.network, 'driver', as)
    this.listener = await transport.listen(
      'memory:d',
      (link) => void this.#serve(link).catch(() => undefined),
    )
  }

  async source(more: Partial<ConnectInit> = {}, clock: Clock = systemClock): Promise<AnswerSource> {
    const transport = transportOf(this.network, 'client', await createIdentity(systemRandom))
    const target = { driver: this.identity.id, addresses: ['memory:d'], validators: [this.validator.id] }
    return connectDriver({ transport, clock, random: systemRandom, log: silentLog }, { ...target, ...more })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.listener?.close()
  }

  async #serve(link: Link): Promise<void> {
    this.links.push(link)
    const model = {
      model: 'm',
      digest: DIGEST,
      contextLength: 64,
      layerCount: 1,
      hasChat: true,
      hasTools: false,
    }
    await link.send({ kind: 'offer', models: [model], sealingKey: JSON.stringify(this.keys[0]?.entry) })
    for await (const message of link.messages()) {
      this.received.push(message)
      if (message.kind === 'ask') await this.#answer(link, message)
    }
  }

  async #answer(link: Link, { ask, sealed }: AskMessage): Promise<void> {
    const { responseKey } = await openPrompt({
      sealed: Buffer.from(sealed, 'base64'),
      keys: await encryptionKeysOf(this.keys),
      expected: { requestId: ask, driverId: this.identity.id, lockedPrice: 0n },
      clock: systemClock,
    })
    if (this.tell === undefined) return
    const sealer = await AnswerSealer.create({ responseKey, requestId: ask, random: systemRandom })
    const batches = this.tell(this.#events(ask))
    for (const [sequence, events] of batches.entries()) {
      const isLast = sequence === batches.length - 1
      const text = answerEvents.encode(events)
      const chunk = isLast ? sealer.end(text) : sealer.push(text)
      const bytes = Buffer.concat(sequence === 0 ? [sealer.header, chunk] : [chunk])
      await link.send({ kind: 'answer', ask, sequence, isLast, sealed: bytes.toString('base64') })
    }
  }

  #events(ask: string): readonly AnswerEvent[] {
    const words = TEXT.split(/(?= )/)
    const tokens = words.map((word, id) => ({ id, bytes: new TextEncoder().encode(word) }))
    const signed = signTokenWindow(this.validator, {
      ask,
      choice: 0,
      modelDigest: DIGEST,
      window: 0,
      end: 'stop-token',
      tokens,
      previous: FIRST_WINDOW_PREVIOUS,
    })
    const window = {
      window: 0,
      tokenIds: tokens.map(({ id }) => id),
      end: 'stop-token',
      previous: FIRST_WINDOW_PREVIOUS,
    } as const
    const stages = [
      { role: 'driver', party: this.identity.id, layers: null },
      { role: 'validator', party: this.validator.id, layers: null },
    ] as const
    return [
      { type: 'started', model: 'm', promptTokens: 3, seed: 1, contextLength: 64, stages },
      ...words.map((text, id): AnswerEvent => ({
        type: 'piece',
        choice: 0,
        text,
        tokens: [{ id, bytes: Buffer.from(text).toString('hex'), logprob: -1, top: [] }],
      })),
      { type: 'window', choice: 0, ...window, signature: signed.signature },
      { type: 'choice-ended', choice: 0, finishReason: 'stop', tokens: tokens.length },
      { ...DONE, outputTokens: tokens.length },
    ]
  }
}

const DONE = {
  type: 'done',
  promptTokens: 3,
  reusedTokens: 0,
  timeToFirstTokenMs: 1,
  durationMs: 2,
  isFailover: false,
} as const

function transportOf(network: MemoryNetwork, role: 'driver' | 'client', identity: Identity): MemoryTransport {
  const self = { node: role, role, software: 'test' }
  return new MemoryTransport(
    { clock: systemClock, log: silentLog, network },
    { self, security: { identity } },
  )
}

async function read(source: AnswerSource, more: Parameters<typeof textAsk>[1] = {}): Promise<string> {
  const answer = source.ask(textAsk('x', more))
  let text = ''
  for await (const event of answer) if (event.type === 'piece') text += event.text
  if (!(await answer.report).isVerified) throw new Error('it is not verified')
  return text
}

const limits = (more: ClientLimits): { readonly limits: ClientLimits } => ({
  limits: { reconnectMsMax: 50, ...more },
})

t.test('asks over one link, and over a new one when that was lost', async (t) => {
  await using double = await DriverDouble.start()
  await using source = await double.source()
  t.same(await Promise.all([read(source), read(source)]), [TEXT, TEXT])
  t.equal(double.links.length, 1)
  double.tell = undefined
  const hanging = source.ask(textAsk('x'))
  while (double.received.length < 3) await systemClock.sleep(1)
  await double.links[0]?.close('enough')
  await t.rejects(hanging.report, { code: 'CLIENT_DRIVER_LOST', retryable: true })
  double.tell = (events) => [events]
  t.equal(await read(source), TEXT)
  t.equal(double.links.length, 2)
})

t.test('finds a driver at the second address, and says when it is at none', async (t) => {
  await using double = await DriverDouble.start()
  await using source = await double.source({ addresses: ['memory:nowhere', 'memory:d'] })
  t.equal(await read(source), TEXT)
  await t.rejects(double.source({ addresses: ['memory:nowhere'] }), {
    code: 'CLIENT_DRIVER_UNREACHABLE',
    retryable: true,
  })
})

t.test('somebody else at the address is nobody', async (t) => {
  await using double = await DriverDouble.start()
  await double.listener?.close()
  await double.listen(await createIdentity(systemRandom))
  await t.rejects(double.source(), {
    code: 'CLIENT_DRIVER_UNREACHABLE',
    cause: { code: 'WIRE_PEER_WRONG' },
  })
})

t.test('a sealing key of another driver, a forged one, or one that ran out is refused', async (t) => {
  await using double = await DriverDouble.start()
  const [own] = double.keys
  const stranger = {
    identity: await createIdentity(systemRandom),
    clock: systemClock,
    random: systemRandom,
    keys: [],
  }
  double.keys = await rotateDriverKeys(stranger)
  await t.rejects(double.source(), { code: 'IDENTITY_DRIVER_KEY_NOT_CURRENT' })
  const [foreign] = double.keys
  const forged = { ...own!.entry, encryptionKey: foreign!.entry.encryptionKey }
  double.keys = [{ ...own!, entry: forged }]
  await t.rejects(double.source(), { code: 'IDENTITY_DRIVER_KEY_FORGED' })
  await using brief = await DriverDouble.start({ validMs: 1 })
  await systemClock.sleep(5)
  await t.rejects(brief.source(), { code: 'IDENTITY_DRIVER_KEY_EXPIRED' })
})

t.test('events out of order are refused by name', async (t) => {
  await using double = await DriverDouble.start()
  await using source = await double.source()
  const lies: Readonly<Record<string, (events: readonly AnswerEvent[]) => readonly AnswerEvent[]>> = {
    'no start': (events) => events.slice(1),
    'two starts': (events) => [events[0]!, ...events],
    'no end of the choice': (events) => events.filter(({ type }) => type !== 'choice-ended'),
    'no end': (events) => events.slice(0, -1),
    'more after the end': (events) => [...events, events[0]!],
    'a choice that nobody asked for': (events) => [events[0]!, { ...events[1]!, choice: 1 } as AnswerEvent],
    'another model': (events) => [{ ...events[0]!, model: 'other' } as AnswerEvent],
    'another count': (events) => [...events.slice(0, -1), { ...DONE, outputTokens: 99 }],
  }
  for (const [what, lie] of Object.entries(lies)) {
    double.tell = (events) => [lie(events)]
    await t.rejects(read(source), { code: 'CLIENT_DRIVER_ANSWER_INVALID' }, what)
  }
  double.tell = (events) => [[{ ...events[0]!, seed: 2 } as AnswerEvent]]
  const sampling = { ...textAsk('').sampling, seed: 1 }
  await t.rejects(read(source, { sampling }), { code: 'CLIENT_DRIVER_ANSWER_INVALID' }, 'another seed')
})

t.test('what the driver says when it fails reaches the reader', async (t) => {
  await using double = await DriverDouble.start()
  await using source = await double.source()
  double.tell = (events) => [
    events.slice(0, 2),
    [{ type: 'failed', code: 'DRIVER_STAGE_LOST', message: 'gone', isRetryable: true }],
  ]
  const seen: string[] = []
  const answer = source.ask(textAsk('x'))
  await t.rejects(
    async () => {
      for await (const event of answer) seen.push(event.type)
    },
    { code: 'CLIENT_ASK_FAILED', remoteCode: 'DRIVER_STAGE_LOST', retryable: true },
  )
  t.same(seen, ['started', 'piece'], 'after what came before')
})

t.test('an answer is read once, and leaving it cancels it at the driver', async (t) => {
  await using double = await DriverDouble.start()
  await using source = await double.source()
  double.tell = (events) => [events.slice(0, 3), events.slice(3)]
  const answer = source.ask(textAsk('x'))
  for await (const event of answer) if (event.type === 'piece') break
  t.throws(() => answer[Symbol.asyncIterator](), { code: 'CLIENT_STREAM_TAKEN' })
  const aborted = new AbortController()
  aborted.abort()
  await t.rejects(source.ask(textAsk('x'), { signal: aborted.signal }).report, { code: 'CORE_ABORTED' })
  double.tell = undefined
  const cancel = new AbortController()
  const hanging = source.ask(textAsk('x'), { signal: cancel.signal })
  while (double.received.filter(({ kind }) => kind === 'ask').length < 2) await systemClock.sleep(1)
  cancel.abort()
  await t.rejects(hanging.report, { code: 'CORE_ABORTED' })
  while (!double.received.some(({ kind }) => kind === 'ask-cancel')) await systemClock.sleep(1)
  t.equal(
    double.received.filter(({ kind }) => kind === 'ask').length,
    2,
    'what was aborted before was never asked',
  )
})

t.test('a silent driver and a reader that does not read are given up', async (t) => {
  await using double = await DriverDouble.start()
  const clock = new ManualClock(systemClock.now())
  await using source = await double.source({ limits: { answerSilenceMsMax: 1000 } }, clock)
  double.tell = undefined
  const hanging = source.ask(textAsk('x'))
  while (double.received.length === 0) await systemClock.sleep(1)
  clock.advance(1000)
  await t.rejects(hanging.report, { code: 'CLIENT_DRIVER_SILENT', retryable: true })
  await using small = await double.source(limits({ answerBufferBytesMax: 300 }))
  double.tell = (events) => [events]
  await t.rejects(small.ask(textAsk('x')).report, { code: 'CLIENT_READER_SLOW' })
})

t.test('a closed source asks nobody', async (t) => {
  await using double = await DriverDouble.start()
  const source = await double.source()
  await source[Symbol.asyncDispose]()
  await t.rejects(source.models(), { code: 'CLIENT_SOURCE_CLOSED' })
  await t.rejects(source.ask(textAsk('x')).report, { code: 'CLIENT_SOURCE_CLOSED' })
})
