import { systemClock } from '@shardline/core'
import { randomBytes, randomUUID } from 'node:crypto'
import t from 'tap'
import { SAMPLING_OF_DRIVER, textAsk } from '@shardline/client'
import type { AnswerSource, AskStream } from '@shardline/client'
import { encryptionKeyOfEntry, historyKeyFromSeed, sealPrompt } from '@shardline/identity'
import type { DriverKeyEntry, SealedTerms } from '@shardline/identity'
import { askContent } from '@shardline/wire'
import type { AskContent, Link, Message, MessageKind } from '@shardline/wire'
import { startAskedCluster } from '../support/asked-cluster.ts'
import type { AskedCluster } from '../support/asked-cluster.ts'
import { sharedCacheFolder } from '../support/test-models.ts'

const cacheFolder = sharedCacheFolder()
const contentOf = (maxTokens: number, more: Partial<AskContent> = {}): AskContent =>
  textAsk('Tell me a story about a fox and a key.', {
    sampling: { ...SAMPLING_OF_DRIVER, seed: 7, temperature: 0.8 },
    maxTokens,
    ...more,
  })

async function read(answer: AskStream): Promise<string> {
  let text = ''
  for await (const event of answer) if (event.type === 'piece') text += event.text
  return text
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5)
    })
  }
}

/** A user who speaks the protocol by hand. */
class BareUser {
  readonly link: Link
  readonly #cluster: AskedCluster
  readonly #messages: AsyncIterator<Message>
  #key: Uint8Array = new Uint8Array()

  constructor(link: Link, cluster: AskedCluster) {
    this.link = link
    this.#cluster = cluster
    this.#messages = link.messages()[Symbol.asyncIterator]()
  }

  static async dial(cluster: AskedCluster): Promise<BareUser> {
    const user = new BareUser(await cluster.dial(), cluster)
    const offer = await user.next('offer')
    user.#key = encryptionKeyOfEntry(JSON.parse(offer.sealingKey) as DriverKeyEntry)
    return user
  }

  async next<Kind extends MessageKind>(kind: Kind): Promise<Extract<Message, { readonly kind: Kind }>> {
    for (;;) {
      const { value, done } = await this.#messages.next()
      if (done === true) throw new Error(`the link ended: ${this.link.closeReason ?? ''}`)
      if (value.kind === kind) return value as Extract<Message, { readonly kind: Kind }>
    }
  }

  async seal(content: AskContent, terms: Partial<SealedTerms> = {}): Promise<string> {
    const sealed = await sealPrompt({
      prompt: askContent.encode(content),
      driverKey: this.#key,
      terms: {
        requestId: randomUUID(),
        driverId: this.#cluster.driver.id,
        lockedPrice: 0n,
        expiresAtMs: systemClock.now() + 60_000,
        ...terms,
      },
      historyKey: historyKeyFromSeed(randomBytes(32)),
      random: { bytes: (length) => randomBytes(length) },
    })
    return Buffer.from(sealed).toString('base64')
  }

  /** The code that an ask is refused with. */
  async refusal(ask: string, sealed: string): Promise<string> {
    await this.link.send({ kind: 'ask', ask, sealed })
    const refused = await this.next('ask-refused')
    return refused.ask === ask ? refused.code : 'of another ask'
  }
}

t.test('a seal that was made for something else is refused by name', async (t) => {
  await using cluster = await startAskedCluster({ cacheFolder, workers: 1, limits: { askBytesMax: 20_000 } })
  const user = await BareUser.dial(cluster)
  const ask = randomUUID()
  const content = contentOf(4)
  const codeOf = async (terms: Partial<SealedTerms>, given: AskContent = content): Promise<string> =>
    user.refusal(ask, await user.seal(given, { requestId: ask, ...terms }))
  t.equal(await codeOf({ requestId: randomUUID() }), 'IDENTITY_SEAL_REQUEST')
  t.equal(await codeOf({ driverId: (await cluster.user()).identity.id }), 'IDENTITY_SEAL_DRIVER')
  t.equal(await codeOf({ lockedPrice: 5n }), 'IDENTITY_SEAL_PRICE')
  t.equal(await codeOf({ expiresAtMs: systemClock.now() - 1 }), 'IDENTITY_SEAL_EXPIRED')
  t.equal(await codeOf({ expiresAtMs: systemClock.now() + 7_200_000 }), 'DRIVER_ASK_EXPIRY')
  t.equal(await codeOf({}, contentOf(4, { stopStrings: ['x'.repeat(30_000)] })), 'IDENTITY_PROMPT_TOO_LONG')
  const sealed = Buffer.from(await user.seal(content, { requestId: ask }), 'base64')
  sealed[sealed.length - 1] = sealed.at(-1)! ^ 1
  t.equal(await user.refusal(ask, sealed.toString('base64')), 'IDENTITY_SEAL_BROKEN')
  t.equal(await user.refusal(ask, Buffer.from('nothing').toString('base64')), 'IDENTITY_SEAL_MALFORMED')
  t.equal(cluster.service.counters.asksAnswered, 0)

  const good = await user.seal(content, { requestId: ask })
  await user.link.send({ kind: 'ask', ask, sealed: good })
  while (!(await user.next('answer')).isLast) continue
  t.equal(await user.refusal(ask, good), 'DRIVER_ASK_REPLAYED')
  const other = await BareUser.dial(cluster)
  t.equal(await other.refusal(ask, good), 'DRIVER_ASK_REPLAYED', 'also on another link')
  t.equal(cluster.service.counters.answersOpen, 0)
})

t.test('content that can not be answered fails by name', async (t) => {
  await using cluster = await startAskedCluster({ cacheFolder, workers: 1, limits: { answerTokensMax: 100 } })
  const source = await cluster.connect()
  const failure = (content: AskContent): Promise<unknown> =>
    read(source.ask(content)).then(
      () => 'answered',
      (error: unknown) => (error as { remoteCode?: string }).remoteCode ?? error,
    )
  const ids = Array.from({ length: 5000 }, () => 5)
  t.equal(await failure(contentOf(4, { model: 'gpt' })), 'DRIVER_MODEL_NOT_SERVED')
  t.equal(await failure(contentOf(101)), 'DRIVER_ASK_INVALID')
  t.equal(await failure({ ...contentOf(4), input: { kind: 'ids', ids } }), 'DRIVER_PROMPT_TOO_LONG')
  t.equal(await failure({ ...contentOf(4), input: { kind: 'ids', ids: [] } }), 'DRIVER_ASK_INVALID')
  t.equal(
    await failure({ ...contentOf(4), input: { kind: 'ids', ids: [9_999_999] } }),
    'DRIVER_REQUEST_INVALID',
  )
  const chat = {
    kind: 'messages',
    messages: [{ role: 'user', content: 'x', extra: '[1]' }],
    tools: null,
  } as const
  t.equal(await failure({ ...contentOf(4), input: chat }), 'DRIVER_ASK_INVALID')
  const tools = { ...chat, messages: [], tools: '[{}]' }
  t.equal(await failure({ ...contentOf(4), input: tools }), 'DRIVER_INPUT_UNSUPPORTED')
  const schema = { type: 'json-schema', schema: '{"type":"strange"}' } as const
  t.match(await failure(contentOf(4, { grammar: schema })), /^ENGINE_GRAMMAR/)
  t.equal(await failure(contentOf(4)), 'answered')
})

t.test('a flood of asks is refused by name, while others are answered', async (t) => {
  await using cluster = await startAskedCluster({
    cacheFolder,
    workers: 1,
    limits: { answersPerIdentityMax: 20, answersPerLinkMax: 16, answersOpenMax: 40, answersRunningMax: 4 },
  })
  const flooder = await cluster.user()
  const floods = await Promise.all([cluster.connect(flooder), cluster.connect(flooder)])
  const outcomes = new Map<string, number>()
  const flood = Array.from({ length: 200 }, async (_, index) => {
    const source = floods[index % 2]
    const code = await read(source!.ask(contentOf(10))).then(
      () => 'answered',
      (error: unknown) => (error as { remoteCode: string }).remoteCode,
    )
    outcomes.set(code, (outcomes.get(code) ?? 0) + 1)
  })
  const honest = await cluster.connect()
  const texts = [await read(honest.ask(contentOf(10))), await read(honest.ask(contentOf(10)))]
  t.equal(texts[0], texts[1])
  const openWhenHonestWasDone = cluster.service.counters.answersOpen
  await Promise.all(flood)
  t.equal(
    [...outcomes.values()].reduce((sum, count) => sum + count),
    200,
  )
  t.ok((outcomes.get('DRIVER_ASKS_TOO_MANY') ?? 0) > 100, JSON.stringify([...outcomes]))
  t.ok((outcomes.get('answered') ?? 0) >= 16, 'what was taken is answered')
  t.ok(openWhenHonestWasDone > 0, 'the others did not have to wait for the flood')
  t.equal(cluster.service.counters.answersOpen, 0)
})

t.test('a client that does not read is dropped, and hurts nobody', async (t) => {
  await using cluster = await startAskedCluster({
    cacheFolder,
    workers: 1,
    limits: { clientSendMsMax: 3_000, answerPendingBytesMax: 4096, answerMessageBytes: 2048 },
    wireLimits: { sendBufferHighBytes: 4096, sendBufferLowBytes: 1024, closeMsMax: 200 },
  })
  const slow = await BareUser.dial(cluster)
  const sampling = { ...SAMPLING_OF_DRIVER, seed: 7, temperature: 0.8, topLogprobs: 20 }
  for (let index = 0; index < 4; index++) {
    const ask = randomUUID()
    const sealed = await slow.seal(contentOf(400, { sampling }), { requestId: ask })
    await slow.link.send({ kind: 'ask', ask, sealed })
  }
  const honest = await cluster.connect()
  t.ok(await read(honest.ask(contentOf(20))))
  await until(() => cluster.service.counters.links === 1)
  await until(() => cluster.sessionsOpen().every((count) => count === 0))
  t.ok(await read(honest.ask(contentOf(20))))
})

t.test('peers that are no clients are sent away', async (t) => {
  await using cluster = await startAskedCluster({ cacheFolder, workers: 1 })
  const link = await cluster.dial(await cluster.user('worker'))
  await link.closed
  t.match(link.closeReason, /DRIVER_CLIENT_UNEXPECTED/)
  const client = await BareUser.dial(cluster)
  await client.link.send({ kind: 'join', pipeline: 'p', epoch: 1 })
  await client.link.closed
  t.match(client.link.closeReason, /DRIVER_CLIENT_UNEXPECTED/)
})

t.test('a worker that dies ends answers by name, and the service heals when it is back', async (t) => {
  await using cluster = await startAskedCluster({
    cacheFolder,
    limits: { pipelineRetryMsMin: 20, pipelineRetryMsMax: 100 },
  })
  const source = await cluster.connect()
  const before = await read(source.ask(contentOf(20)))
  const broken = source.ask(contentOf(400))
  await t.rejects(
    async () => {
      let isStopped = false
      for await (const event of broken) {
        if (event.type !== 'piece' || isStopped) continue
        isStopped = true
        await cluster.workers[0]!.stop()
      }
    },
    { code: 'CLIENT_ASK_FAILED', remoteCode: 'DRIVER_STAGE_LOST', retryable: true },
  )
  await t.rejects(read(source.ask(contentOf(4))), {
    code: 'CLIENT_ASK_REFUSED',
    remoteCode: 'DRIVER_PIPELINE_DOWN',
    retryable: true,
  })
  await cluster.reviveWorker()
  const after = await untilAnswered(source)
  t.equal(after, before)
})

async function untilAnswered(source: AnswerSource): Promise<string> {
  for (;;) {
    try {
      return await read(source.ask(contentOf(20)))
    } catch (cause) {
      if ((cause as { remoteCode?: string }).remoteCode !== 'DRIVER_PIPELINE_DOWN') throw cause
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 20)
    })
  }
}

t.test('a stopping service lets answers end, and begins none', async (t) => {
  await using cluster = await startAskedCluster({ cacheFolder, workers: 1 })
  const source = await cluster.connect(undefined, { limits: { reconnectMsMax: 100 } })
  const running = source.ask(contentOf(40))
  let stopping: Promise<void> | undefined
  let refused: Promise<unknown> | undefined
  for await (const event of running) {
    if (event.type !== 'piece' || stopping !== undefined) continue
    stopping = cluster.service.stop()
    refused = t.rejects(read(source.ask(contentOf(4))), {
      code: 'CLIENT_ASK_REFUSED',
      remoteCode: 'DRIVER_SERVICE_STOPPING',
    })
  }
  t.match(await running.report, { isVerified: true })
  await refused
  await stopping
  await t.rejects(read(source.ask(contentOf(4))), { code: /^CLIENT_DRIVER_/ })
})

t.test('a service that waited long enough ends what still runs, by name', async (t) => {
  await using cluster = await startAskedCluster({ cacheFolder, workers: 1, limits: { stopMsMax: 20 } })
  const source = await cluster.connect()
  const running = source.ask(contentOf(400))
  await t.rejects(
    async () => {
      for await (const event of running) if (event.type === 'started') void cluster.service.stop()
    },
    { code: 'CLIENT_ASK_FAILED', remoteCode: 'DRIVER_SERVICE_STOPPING' },
  )
})
