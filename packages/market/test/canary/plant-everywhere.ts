import type { Identity } from '@shardline/identity'
import { describeMarketApi } from '@shardline/market'
import { accessOf, routesOf } from '../docs/open-api.ts'
import { pathOf } from '../http/hostile/hostile-requests.ts'
import type { Sample } from '../http/hostile/hostile-requests.ts'
import { sendRaw } from '../support/raw-request.ts'
import { PROSE, SLUG, planted } from './canary.ts'
import type { RecordingClient } from './recorder.ts'

/** What may carry words although nothing in the market asks for it. */
const HEADERS = [
  'user-agent',
  'accept',
  'accept-language',
  'authorization',
  'cookie',
  'content-type',
  'origin',
  'referer',
  'x-forwarded-for',
  'x-request-id',
  'traceparent',
  'sec-websocket-protocol',
  'shardline-party',
  'shardline-time',
  'shardline-nonce',
  'shardline-signature',
  SLUG,
]

/** Where text is planted, and by whom. */
export interface PlantInit {
  readonly client: RecordingClient
  readonly address: string
  readonly samples: Readonly<Record<string, Sample>>
  /** Each of them plants everywhere. */
  readonly as: readonly Identity[]
  /** Operations in which an operator gives names: what it calls its models is no user's text. */
  readonly naming: readonly { readonly operation: string; readonly by: Identity }[]
}

/** Sends text in every place of every operation that a caller can reach. */
export async function plantEverywhere(init: PlantInit): Promise<void> {
  const { client, samples, as, naming } = init
  for (const route of routesOf(await describeMarketApi())) {
    const { operationId } = route.operation
    const sample = samples[operationId]
    if (sample === undefined) throw new Error(`${operationId} has no sample`)
    const who = accessOf(route) === 'public' ? [undefined] : as
    for (const identity of who) {
      const isNaming = naming.some(({ operation, by }) => operation === operationId && by === identity)
      const signed = identity === undefined ? {} : { as: identity }
      for (const other of isNaming ? plantings(sample, [PROSE]) : plantings(sample, [PROSE, SLUG])) {
        const body = other.body === undefined ? {} : { body: other.body }
        await client.ask(route.method, pathOf(route, other), { ...signed, ...body })
      }
    }
    await plantInHeaders(init, { method: route.method, path: pathOf(route, sample), sample })
  }
  await plantInTransport(init)
}

function plantings(sample: Sample, texts: readonly string[]): readonly Sample[] {
  return texts
    .flatMap((text) => [
      ...planted(sample.query ?? {}, text).map((query) => ({
        ...sample,
        query: query as Record<string, string>,
      })),
      ...Object.keys(sample.params ?? {}).map((name) => ({
        ...sample,
        params: { ...sample.params, [name]: text },
      })),
      ...(sample.body === undefined ? [{ ...sample, body: { text } }] : []),
      ...(sample.body === undefined
        ? []
        : planted(sample.body, text).map((body) => ({ ...sample, body: body as Record<string, unknown> }))),
    ])
    .filter((other) => other.body === undefined || sample.body !== undefined)
}

async function plantInHeaders(
  { client, as }: PlantInit,
  { method, path, sample }: { readonly method: string; readonly path: string; readonly sample: Sample },
): Promise<void> {
  const [identity] = as
  if (identity === undefined) return
  // Headers are bytes: what isn't Latin can't be sent.
  const text = PROSE.replaceAll(/[^ -~]/gu, '')
  const headers = Object.fromEntries(HEADERS.map((name) => [name, text]))
  const body = sample.body === undefined ? {} : { body: sample.body }
  await client.ask(method, path, { as: identity, ...body, headers })
  const harmless = Object.fromEntries(
    HEADERS.filter((name) => !name.startsWith('shardline') && name !== 'content-type').map((name) => [
      name,
      text,
    ]),
  )
  // Wrong in its query, so that it has no effect that later requests would miss.
  await client.ask(method, `${path}${path.includes('?') ? '&' : '?'}nonsense=1`, {
    as: identity,
    ...body,
    headers: harmless,
  })
}

/** What is no request at all, no JSON, or no route. */
async function plantInTransport({ client, address, as }: PlantInit): Promise<void> {
  const [identity] = as
  if (identity === undefined) return
  const text = encodeURIComponent(PROSE)
  for (const path of [`/${text}`, `/v1/${SLUG}`, `/v1/requests/${text}`, `/v1/prices?${text}`, `/%${SLUG}`]) {
    for (const method of ['GET', 'POST', 'DELETE']) await client.ask(method, path)
  }
  for (const bytes of [
    PROSE,
    `{"${PROSE}`,
    `{"id":"${PROSE}`,
    `{"${SLUG}":{"${SLUG}":[`,
    JSON.stringify(PROSE),
  ]) {
    await client.ask('POST', '/v1/requests', { as: identity, bytes: new Uint8Array(Buffer.from(bytes)) })
  }
  for (const bytes of [
    `${SLUG.toUpperCase()} /v1/prices HTTP/1.1\r\nhost: a\r\n\r\n`,
    `GET /v1/prices ${SLUG}/1.1\r\nhost: a\r\n\r\n`,
    `GET /v1/prices HTTP/1.1\r\nhost: a\r\n${SLUG} ${SLUG}\r\n\r\n`,
    `GET /v1/prices HTTP/1.1\r\nhost: a\r\nconnection: ${SLUG}\r\ntransfer-encoding: ${SLUG}\r\n\r\n${SLUG}`,
    `POST /v1/quote HTTP/1.1\r\nhost: ${SLUG}\r\ncontent-length: ${SLUG}\r\n\r\n`,
  ]) {
    client.answers.push(await sendRaw(address, bytes))
  }
}
