import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { root } from '../tidy/sources.ts'

/** Seals and opens with what the bundle has, in a process that lacks what pages lack. */
const PROGRAM = `
  delete globalThis.Buffer
  const { AnswerOpener, createIdentity, silentLog, systemClock, systemRandom, ...shardline } = await import(process.argv[1])
  const identity = await createIdentity(systemRandom)
  const init = { self: { node: 'page', role: 'client', software: 'test' }, security: { identity } }
  const transport = new shardline.BrowserTransport({ clock: systemClock, log: silentLog }, init)
  const target = { driver: identity.id, addresses: ['ws://127.0.0.1:1'], validators: undefined }
  const same = shardline.parseInvite(shardline.formatInvite(target))
  const refused = await transport.listen('ws://127.0.0.1:0').catch((error) => error.code)
  const signature = identity.sign(new TextEncoder().encode('a'))
  process.stdout.write([same.driver === identity.id, refused, signature.byteLength].join())
`

t.test('the bundle for pages needs nothing of Node, and makes no code of strings', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'shardline-bundle-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const build = spawnSync(
    process.execPath,
    [path.join(root, 'scripts', 'build-browser.mjs'), '--out', folder],
    { encoding: 'utf8' },
  )
  t.equal(build.status, 0, build.stderr)
  t.comment(build.stdout.trim())
  const bundle = path.join(folder, 'shardline-client.js')
  t.notMatch(readFileSync(bundle, 'utf8'), /\bfrom\s*["']|\bimport\s*["'(]|new Function\b|\beval\(/)
  t.match(
    readFileSync(path.join(folder, 'shardline-client.licenses.txt'), 'utf8'),
    /^libsodium [\d.]+ \(ISC\)/m,
  )
  const line = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', PROGRAM, bundle]
  const run = spawnSync(process.execPath, line, { encoding: 'utf8' })
  t.equal(run.stdout, 'true,WIRE_ADDRESS_UNUSABLE,64', run.stderr)
})
