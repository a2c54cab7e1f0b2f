import { request } from 'node:http'
import { silentLog, systemClock } from '@shardline/core'
import t from 'tap'
import { fetchStatus, fetchStatuses } from '../../src/status/fetch-status.ts'
import { serveStatus } from '../../src/status/serve-status.ts'
import type { StatusServer } from '../../src/status/serve-status.ts'
import { StatusAddressError } from '../../src/status/status-errors.ts'
import { serveAnswers } from '../support/answering.ts'
import { RELAY, stageStatus } from '../support/status-documents.ts'

const never = new AbortController().signal

function serve(port = 0, host = '127.0.0.1'): Promise<StatusServer> {
  const roles = (): readonly [ReturnType<typeof stageStatus>, typeof RELAY] => [stageStatus(), RELAY]
  return serveStatus({ clock: systemClock, log: silentLog, roles }, { host, port })
}

interface Reply {
  readonly status: number | undefined
  readonly text: string
  readonly headers: Readonly<Record<string, unknown>>
}

/** `fetch` doesn't let its caller choose a host name. */
function ask(url: string, headers: Readonly<Record<string, string>>, method = 'GET'): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers, method }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode, text, headers: response.headers }))
    })
    asked.on('error', reject)
    asked.end()
  })
}

t.test('a status is served and read', async (t) => {
  await using server = await serve()
  const status = await fetchStatus(server.address, never)
  t.equal(status.version, 1)
  t.same(status.roles, [stageStatus(), RELAY])
  t.ok(status.resident_bytes > 0)
})

t.test('metrics are served as Prometheus reads them', async (t) => {
  await using server = await serve()
  const { status, text, headers } = await ask(`${server.address}/metrics`, {})
  t.equal(status, 200)
  t.match(headers['content-type'], /^text\/plain; version=0\.0\.4/)
  t.match(text, /\nshardline_worker_rows_total 1000\n/)
})

t.test('a page that lends its name to this machine gets nothing', async (t) => {
  await using server = await serve()
  for (const path of ['/v1/status', '/metrics', '/other']) {
    const { status, text } = await ask(`${server.address}${path}`, { host: 'evil.example:7500' })
    t.equal(status, 403, path)
    t.match(text, /CLI_STATUS_HOST_REFUSED/)
    t.notMatch(text, /shard1worker/)
  }
})

t.test('a page of another origin gets nothing', async (t) => {
  await using server = await serve()
  for (const [name, value] of [
    ['origin', 'https://evil.example'],
    ['sec-fetch-site', 'cross-site'],
  ] as const) {
    const reply = await ask(`${server.address}/v1/status`, { [name]: value })
    t.equal(reply.status, 403)
    t.match(reply.text, /CLI_STATUS_ORIGIN_REFUSED/)
    t.equal(reply.headers['access-control-allow-origin'], undefined)
  }
})

t.test(
  'programs are let in by an IP address, by localhost, and by the name that it listens on',
  async (t) => {
    await using server = await serve(0, 'localhost')
    const { port } = new URL(server.address)
    for (const host of ['127.0.0.1', `localhost:${port}`, '[::1]:80', 'LOCALHOST']) {
      t.equal((await ask(`${server.address}/v1/status`, { host })).status, 200, host)
    }
  },
)

t.test('there is nothing else', async (t) => {
  await using server = await serve()
  for (const [method, path] of [
    ['GET', '/'],
    ['POST', '/v1/status'],
    ['GET', '/v1/status/x'],
  ] as const) {
    const { status, text } = await ask(`${server.address}${path}`, {}, method)
    t.equal(status, 404, `${method} ${path}`)
    t.match(text, /CLI_STATUS_PATH_UNKNOWN/)
  }
})

t.test('a port that is taken is refused by name', async (t) => {
  await using server = await serve()
  await t.rejects(serve(Number(new URL(server.address).port)), StatusAddressError)
})

t.test('who is away, or says something else, is told apart', async (t) => {
  await using other = await serveAnswers({
    '/v1/status': { text: '{"version":7}' },
  })
  const [away, odd] = await fetchStatuses(['http://127.0.0.1:1', other.address], never)
  t.equal(away?.failure?.code, 'CLI_STATUS_UNREACHABLE')
  t.equal(odd?.failure?.code, 'CLI_STATUS_UNREADABLE')
})

t.test('an answer without end is given up', async (t) => {
  await using other = await serveAnswers({ '/v1/status': { text: ' '.repeat(5 * 1024 * 1024) } })
  await t.rejects(fetchStatus(other.address, never), { code: 'CLI_STATUS_UNREADABLE' })
})
