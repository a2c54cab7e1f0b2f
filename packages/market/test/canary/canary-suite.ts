import { systemClock, systemRandom } from '@shardline/core'
import {
  createEncryptionKey,
  historyKeyFromSeed,
  RECEIPT_PURPOSE,
  sealPrompt,
  signMessage,
} from '@shardline/identity'
import type { Identity } from '@shardline/identity'
import type { RequestId } from '@shardline/market'
import t from 'tap'
import { EVENTS_CHANNEL } from '../../src/events/publish.ts'
import { samplesFor } from '../http/hostile/samples.ts'
import { newKey } from '../support/driver-keys.ts'
import type { OpenEmpty } from '../support/empty-databases.ts'
import { EventClient } from '../support/event-client.ts'
import { newId, serveReal } from '../support/real-server.ts'
import type { RealServer } from '../support/real-server.ts'
import { PROSE, SLUG, hasCanary, planted, rowsWithCanary } from './canary.ts'
import { plantEverywhere } from './plant-everywhere.ts'
import { KeptLog, RecordingClient } from './recorder.ts'

const DELIVERED = { prompt: 10, output: 4 }

t.setTimeout(600_000)

/** Everything that somebody's text could get into, but mustn't. */
export function runCanarySuite(name: string, openEmpty: OpenEmpty): void {
  t.test(`${name}: nobody's text gets into tables, logs, metrics, events or answers`, async (t) => {
    await using databases = await openEmpty()
    const database = await databases()
    const notified: string[] = []
    const log = new KeptLog()
    await using real = await serveReal(database, {}, log)
    const onPayload = (payload: string): unknown => notified.push(payload)
    const listening = await database.listen({ channel: EVENTS_CHANNEL, onPayload, onLost: () => undefined })
    const client = new RecordingClient(real.server.address, real.server.id)
    const path = '/v1/events?topics=requests'
    await using events = new EventClient(
      real.server.address,
      path,
      client.sign('GET', path, { as: real.user }),
    )
    await events.until(1)

    const ended = await wholeLife(real, client)
    const running = await startedRequest(real)
    await plantInReceipts(real, client, running)
    const request = await real.submitted()
    const { model, user, driver, operator } = real
    const sealingKey = await newKey(user)
    await plantEverywhere({
      client,
      address: real.server.address,
      samples: samplesFor({ model, user, driver, request, ended, unusedId: newId(), sealingKey }),
      as: [user, driver, operator],
      naming: [{ operation: 'setModel', by: operator }],
    })
    events.socket.send(PROSE)
    await using refused = new EventClient(real.server.address, `/v1/events?topics=${SLUG}`)
    client.answers.push(JSON.stringify(await refused.refused()))
    await real.market.sweep()

    const metrics = await client.ask('GET', '/metrics')
    await listening.stop()
    t.comment(JSON.stringify(client.statuses))
    t.ok((client.statuses[400] ?? 0) > 500, 'text was planted in hundreds of places')
    t.ok((client.statuses[200] ?? 0) > 10, 'some requests were right but for a header')
    t.same(await rowsWithCanary(database), [], 'no table has it')
    t.same(withCanary(log.lines), [], `no log line has it, of ${log.lines.length}`)
    t.same(withCanary(notified), [], `no notification has it, of ${notified.length}`)
    t.same(withCanary(events.messages.map((message) => JSON.stringify(message))), [], 'no event has it')
    t.same(hasCanary(metrics.text), false, 'no metric has it')
    t.same(repeating(client.answers), [], `no answer repeats it, of ${client.answers.length}`)
    t.ok(
      log.lines.length > 100 && notified.length > 10 && events.messages.length > 5,
      'there was much to look at',
    )
  })
}

/** Answers that have the text, but for what says that there is no model of a name: that must have looked like one. */
function repeating(answers: readonly string[]): readonly string[] {
  return withCanary(answers)
    .map((answer) => answer.slice(Math.max(0, answer.indexOf('{"error"'))))
    .filter((answer) => !answer.includes(`there is no model ${SLUG}`))
}

const withCanary = (texts: readonly string[]): readonly string[] => texts.filter((text) => hasCanary(text))

/** A request whose prompt is the text, sealed as a user does, to its end. */
async function wholeLife(real: RealServer, client: RecordingClient): Promise<RequestId> {
  const { user, driver } = real
  const id = newId()
  const asked = { id, model: real.model, driver: driver.id, promptTokensMax: 10, outputTokensMax: 10 }
  const must = async (path: string, as: Identity, body: unknown): Promise<void> => {
    const { status, text } = await client.ask('POST', path, { as, body })
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`)
  }
  await must('/v1/requests', user, asked)
  await must(`/v1/requests/${id}/submit`, user, { sealedPrompt: await sealed(id, driver) })
  await must(`/v1/requests/${id}/claim`, driver, {})
  await must(`/v1/requests/${id}/start`, driver, { fence: 1, participants: alone(driver) })
  const receipts = bodiesOf(real, id).map((body) => signed(driver, body))
  await must(`/v1/requests/${id}/deliver`, driver, { fence: 1, delivered: DELIVERED, receipts })
  await must(`/v1/requests/${id}/acknowledge`, user, { received: DELIVERED })
  await must(`/v1/requests/${id}/flag`, user, { reason: 'garbage' })
  return id
}

/** The text, sealed to a driver as a user seals its prompt. */
async function sealed(id: RequestId, driver: Identity): Promise<string> {
  const { publicKey } = await createEncryptionKey(systemRandom)
  const bytes = await sealPrompt({
    prompt: new Uint8Array(Buffer.from(PROSE)),
    driverKey: publicKey,
    terms: {
      requestId: id,
      driverId: driver.id,
      lockedPrice: 1n,
      expiresAtMs: Math.floor(systemClock.now()) + 60_000,
    },
    historyKey: historyKeyFromSeed(systemRandom.bytes(32)),
    random: systemRandom,
  })
  return Buffer.from(bytes).toString('base64')
}

const alone = (driver: Identity) => ({
  validator: driver.id,
  workers: [{ node: driver.id, first: 0, last: 7 }],
  layerCount: 8,
})

async function startedRequest(real: RealServer): Promise<RequestId> {
  const id = await real.submitted()
  await real.must('POST', `/v1/requests/${id}/claim`, { as: real.driver, body: {} })
  const body = { fence: 1, participants: alone(real.driver) }
  await real.must('POST', `/v1/requests/${id}/start`, { as: real.driver, body })
  return id
}

type Body = Readonly<Record<string, unknown>>

function bodiesOf({ model, driver }: RealServer, id: RequestId): readonly Body[] {
  const common = {
    request: id,
    fence: 1,
    node: driver.id,
    model,
    numericClass: 'x86-avx2',
    promptTokens: DELIVERED.prompt,
    outputTokens: DELIVERED.output,
    root: 'ab'.repeat(32),
  }
  return [
    { ...common, role: 'driver', layers: null },
    { ...common, role: 'worker', layers: { first: 0, last: 7 } },
    { ...common, role: 'validator', layers: null },
  ]
}

function signed(identity: Identity, body: Body): Body {
  return {
    ...signMessage({
      identity,
      clock: systemClock,
      random: systemRandom,
      purpose: RECEIPT_PURPOSE,
      body: body as never,
    }),
  }
}

/** Text in every field of a receipt, rightly signed over; and in every field of what is around it. */
async function plantInReceipts(real: RealServer, client: RecordingClient, id: RequestId): Promise<void> {
  const { driver } = real
  const [first, ...others] = bodiesOf(real, id)
  if (first === undefined) return
  const rest = others.map((body) => signed(driver, body))
  const wrong = [PROSE, SLUG].flatMap((text) => [
    ...planted(first, text).map((body) => signed(driver, body as Body)),
    ...planted(signed(driver, first), text),
  ])
  for (const receipt of wrong) {
    const body = { fence: 1, delivered: DELIVERED, receipts: [receipt, ...rest] }
    await client.ask('POST', `/v1/requests/${id}/deliver`, { as: driver, body })
  }
}
