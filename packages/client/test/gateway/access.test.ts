import { request } from 'node:http'
import t from 'tap'
import { clientOf } from '../../src/gateway/http/client-of.ts'
import { serveDouble } from './support/served.ts'

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** A request with headers that `fetch` would not let through. */
function send(address: string, headers: Readonly<Record<string, string>>, method = 'GET'): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(`${address}/v1/models`, { method, headers }, (response) => {
      let body = ''
      response.on('data', (text) => (body += String(text)))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    sent.on('error', reject)
    sent.end()
  })
}

const KEY = 'a-key-of-24-characters-x'

t.test('starts without an access key on loopback only', async (t) => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'gateway.example']) {
    await t.rejects(serveDouble({ host }), { code: 'CLIENT_GATEWAY_KEY_REQUIRED' }, host)
  }
  for (const host of ['127.0.0.1', 'localhost', '127.0.0.9']) {
    await using served = await serveDouble({ host })
    t.equal((await fetch(`${served.server.address}/v1/models`)).status, 200, host)
  }
  await using open = await serveDouble({ host: '0.0.0.0', accessKey: KEY })
  t.match(open.server.address, /^http:\/\/0\.0\.0\.0:\d+$/)
  await t.rejects(serveDouble({ accessKey: 'short' }), { code: 'CLIENT_GATEWAY_SETTING_INVALID' })
  await t.rejects(serveDouble({ accessKey: 'with spaces and long enough' }), {
    code: 'CLIENT_GATEWAY_SETTING_INVALID',
  })
})

t.test('lets through who gives the access key, on every endpoint', async (t) => {
  await using served = await serveDouble({ accessKey: KEY })
  const { address } = served.server
  for (const authorization of [
    '',
    'Bearer',
    `Bearer ${KEY}x`,
    `Bearer ${KEY.slice(1)}`,
    `Basic ${KEY}`,
    KEY,
  ]) {
    const headers: Record<string, string> = authorization === '' ? {} : { authorization }
    const { status, body } = await send(address, headers)
    t.equal(status, 401, authorization)
    t.match(JSON.parse(body), {
      error: { type: 'invalid_request_error', code: 'invalid_api_key', param: null },
    })
  }
  t.equal((await send(address, { authorization: `bearer  ${KEY}` })).status, 200)
  t.equal((await served.openai.models.list()).data.length, 1)
  t.equal((await served.ollama.list()).models.length, 1)
  for (const path of ['/', '/api/tags', '/api/version', '/v1/responses/resp_1', '/no-such-path']) {
    t.equal((await fetch(address + path)).status, 401, path)
  }
  t.equal((await served.post('/v1/chat/completions', {})).status, 401)
})

t.test('refuses names that lead to it without being its own', async (t) => {
  await using served = await serveDouble({ allowedHosts: ['LLM.example'] })
  const { address } = served.server
  const port = new URL(address).port
  const statusOf = async (host: string): Promise<number> => (await send(address, { host })).status
  for (const host of [
    'localhost',
    'LOCALHOST:80',
    `127.0.0.1:${port}`,
    '[::1]:8080',
    '10.0.0.7',
    'a.localhost',
    'llm.example:443',
  ]) {
    t.equal(await statusOf(host), 200, host)
  }
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'x@127.0.0.1',
    'llm.example.evil',
    '127.0.0.1:80:80',
  ]) {
    t.equal(await statusOf(host), 403, host)
  }
})

t.test('refuses web pages, unless their origin is allowed', async (t) => {
  await using served = await serveDouble({ allowedOrigins: ['https://chat.example'], accessKey: KEY })
  const { address } = served.server
  const authorization = `Bearer ${KEY}`
  const refused = await send(address, { origin: 'https://evil.example', authorization })
  t.equal(refused.status, 403)
  t.match(JSON.parse(refused.body), { error: { code: 'origin_refused' } })
  t.notOk(refused.headers['access-control-allow-origin'])
  for (const origin of [
    'null',
    'https://chat.example.evil',
    'http://chat.example',
    'https://chat.example:444',
  ]) {
    t.equal((await send(address, { origin, authorization })).status, 403, origin)
  }
  for (const site of ['cross-site', 'same-site']) {
    t.equal((await send(address, { 'sec-fetch-site': site, authorization })).status, 403, site)
  }
  const allowed = await send(address, {
    origin: 'https://chat.example',
    'sec-fetch-site': 'cross-site',
    authorization,
  })
  t.equal(allowed.status, 200)
  t.match(allowed.headers, { 'access-control-allow-origin': 'https://chat.example', vary: 'origin' })
  const asked = {
    'access-control-request-headers': 'authorization,x-stainless-os',
    'access-control-request-private-network': 'true',
  }
  const preflight = await send(address, { origin: 'https://chat.example', ...asked }, 'OPTIONS')
  t.equal(preflight.status, 204)
  t.match(preflight.headers, {
    'access-control-allow-headers': 'authorization,x-stainless-os',
    'access-control-allow-private-network': 'true',
    'access-control-allow-methods': /POST/,
  })
  t.equal((await send(address, { origin: 'https://evil.example', ...asked }, 'OPTIONS')).status, 403)
})

t.test('streams carry the headers of allowed pages too', async (t) => {
  await using served = await serveDouble({ allowedOrigins: ['https://chat.example'] })
  const body = { model: 'storyteller', messages: [{ role: 'user', content: 'x' }], stream: true }
  const response = await served.post('/v1/chat/completions', body, { origin: 'https://chat.example' })
  t.equal(response.headers.get('access-control-allow-origin'), 'https://chat.example')
  t.match(await response.text(), /\[DONE\]/)
})

t.test('addresses of one IPv6 network count as one client', async (t) => {
  for (const [ip, client] of [
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ] as const) {
    t.equal(clientOf(ip), client)
  }
})
