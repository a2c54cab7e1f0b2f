import { InvalidValueError, silentLog } from '@shardline/core'
import type { Log, LogFields } from '@shardline/core'
import { DatabaseUnavailableError } from '@shardline/ledger'
import { CreditsInsufficientError, ERROR_STATUS, FenceStaleError } from '@shardline/market'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { serveDouble } from '../support/double-server.ts'
import { sendRaw } from '../support/raw-request.ts'

const ID = '11111111-2222-4333-8444-555555555555'

/** Codes that no caller of the service can meet: they belong to its start, to commands, or to holders of keys. */
const NEVER_ANSWERED = [
  'MARKET_ADDRESS_UNUSABLE',
  'MARKET_SETTING_INVALID',
  'LEDGER_EXPORT_MALFORMED',
  'LEDGER_NOTE_MALFORMED',
  'LEDGER_NOTE_SIGNATURE',
]

function codesOf(path: string): readonly string[] {
  const text = readFileSync(new URL(path, import.meta.url), 'utf8')
  return [...text.matchAll(/code = '([A-Z_]+)'/g)].map(([, code]) => code ?? '')
}

t.test(
  'every code of market and ledger, and of identity as far as it can surface, has its status',
  async (t) => {
    const codes = [...codesOf('../../src/errors.ts'), ...codesOf('../../../ledger/src/errors.ts')]
    t.ok(codes.length > 40, `${codes.length} codes`)
    for (const code of codes) t.not(code in ERROR_STATUS, NEVER_ANSWERED.includes(code), code)
    const known = [...codes, ...codesOf('../../../identity/src/errors.ts')]
    for (const code of Object.keys(ERROR_STATUS)) t.ok(known.includes(code), `${code} exists`)
  },
)

t.test('a coded error of the market comes with its status, message and details', async (t) => {
  await using double = await serveDouble()
  const { market, client, alice } = double
  market.answer('cancel', () => Promise.reject(new FenceStaleError(ID, 1, 2)))
  const stale = await client.ask('POST', `/v1/requests/${ID}/cancel`, { as: alice })
  t.equal(stale.status, 409)
  t.same(stale.body, {
    error: {
      code: 'MARKET_FENCE_STALE',
      message: `request ${ID} is at fence 2; fence 1 no longer counts`,
      retryable: false,
      details: { id: ID, given: 1, current: 2 },
    },
  })
  market.answer('cancel', () =>
    Promise.reject(new CreditsInsufficientError({ hold: 10n ** 15n, available: 5n, affordableTokens: 7n })),
  )
  const poor = await client.ask('POST', `/v1/requests/${ID}/cancel`, { as: alice })
  t.equal(poor.status, 402)
  t.match(poor.body, { error: { details: { hold: '1000000000000000', affordableTokens: '7' } } })
})

t.test('of an internal failure the caller learns nothing, and the log no text', async (t) => {
  const lines: (readonly [string, LogFields | undefined])[] = []
  const log: Log = { ...silentLog, error: (event, fields) => void lines.push([event, fields]) }
  await using double = await serveDouble({}, { log })
  const { market, client, alice } = double
  for (const cause of [new Error('PLANTED inside'), new InvalidValueError('PLANTED value')]) {
    market.answer('balance', () => Promise.reject(cause))
    const answer = await client.ask('GET', '/v1/balance', { as: alice })
    t.equal(answer.status, 500)
    t.notMatch(answer.text, /PLANTED/)
    t.same(answer.error?.details, {})
  }
  t.match(lines, [
    ['request-failed', { code: 'CORE_UNEXPECTED', route: 'GET /v1/balance' }],
    ['request-failed', {}],
  ])
  t.notMatch(JSON.stringify(lines), /PLANTED/)
})

t.test('a database that is away is told as a reason to come again', async (t) => {
  await using double = await serveDouble()
  const { market, client, alice } = double
  market.answer('balance', () => Promise.reject(new DatabaseUnavailableError(new Error('gone'))))
  const answer = await client.ask('GET', '/v1/balance', { as: alice })
  t.equal(answer.status, 503)
  t.equal(answer.headers.get('retry-after'), '1')
  t.match(answer.body, { error: { code: 'LEDGER_DATABASE_UNAVAILABLE', retryable: true } })
})

t.test('tells a wrong path from a wrong method', async (t) => {
  await using double = await serveDouble()
  const { client } = double
  const path = await client.ask('GET', '/v2/prices')
  t.equal(path.status, 404)
  t.equal(path.error?.code, 'MARKET_ROUTE_UNKNOWN')
  const method = await client.ask('POST', '/v1/models')
  t.equal(method.status, 405)
  t.equal(method.headers.get('allow'), 'GET, PUT')
  t.equal(method.error?.code, 'MARKET_METHOD_NOT_ALLOWED')
  const deep = await client.ask('DELETE', `/v1/requests/${ID}/submit`)
  t.equal(deep.headers.get('allow'), 'POST')
  const upper = await client.ask('GET', '/V1/prices')
  t.equal(upper.status, 404)
})

t.test('what is not HTTP, or too long, gets a coded answer too', async (t) => {
  await using double = await serveDouble({ urlCharsMax: 512, headerBytesMax: 4_096 })
  const { server, client } = double
  const long = await client.ask('GET', `/v1/prices?${'a'.repeat(600)}`)
  t.equal(long.status, 414)
  t.equal(long.error?.code, 'MARKET_URL_TOO_LONG')
  const parameter = await client.ask('GET', `/v1/requests/${'a'.repeat(200)}`)
  t.equal(parameter.status, 414)
  const escape = await client.ask('GET', '/v1/requests/%zz')
  t.match([escape.status, escape.error?.code], [400, 'MARKET_HTTP_MALFORMED'])
  const rest = 'host: market\r\nconnection: close\r\n\r\n'
  t.match(await sendRaw(server.address, `GARBAGE\r\n\r\n`), /^HTTP\/1.1 400 [^]*"MARKET_HTTP_MALFORMED"/)
  t.match(
    await sendRaw(server.address, `GET /healthz HTTP/1.1\r\nx-flood: ${'a'.repeat(9_000)}\r\n${rest}`),
    /^HTTP\/1.1 431 [^]*"MARKET_HEADERS_TOO_LARGE"/,
  )
  t.match(
    await sendRaw(
      server.address,
      `POST /v1/claims HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n${rest}0\r\n\r\n`,
    ),
    /^HTTP\/1.1 400 /,
    'a request with two lengths is not read',
  )
})

t.test('who is too slow with the headers is cut off with a coded answer', async (t) => {
  await using double = await serveDouble({ headersMsMax: 500, requestMsMax: 1_000 })
  const answer = await sendRaw(double.server.address, 'GET /healthz HTTP/1.1\r\nhost: market\r\n')
  t.match(answer, /^HTTP\/1.1 408 [^]*"MARKET_HTTP_TIMEOUT"/)
})

t.test('every answer carries the headers that keep browsers out', async (t) => {
  await using double = await serveDouble()
  const { client } = double
  for (const path of ['/v1/prices', '/nowhere', '/healthz']) {
    const { headers } = await client.ask('GET', path, { headers: { origin: 'https://example.org' } })
    t.equal(headers.get('x-content-type-options'), 'nosniff', path)
    t.match(headers.get('content-security-policy'), /default-src 'none'/, path)
    t.equal(headers.get('cache-control'), 'no-store', path)
    t.equal(headers.get('access-control-allow-origin'), null, path)
  }
})

t.test('pages of origins that the operator named may ask', async (t) => {
  await using double = await serveDouble({ allowedOrigins: ['https://app.example'] })
  const { client } = double
  const preflight = await client.ask('OPTIONS', '/v1/claims', {
    headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
  })
  t.equal(preflight.status, 204)
  t.equal(preflight.headers.get('access-control-allow-origin'), 'https://app.example')
  t.match(preflight.headers.get('access-control-allow-headers'), /shardline-signature/)
  const other = await client.ask('GET', '/v1/prices', { headers: { origin: 'https://other.example' } })
  t.equal(other.headers.get('access-control-allow-origin'), null)
})
