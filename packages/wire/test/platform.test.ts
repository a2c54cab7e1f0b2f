import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { SeededRandom } from '@shardline/core'
import t from 'tap'
import { CATALOGUE, MESSAGE_KINDS } from '../src/index.ts'
import { platform as browser } from '../src/platform/browser-platform.ts'
import { platform as node } from '../src/platform/node-platform.ts'
import { frameOutcomes } from './support/frame-outcomes.ts'
import { SAMPLES } from './support/sample-messages.ts'
import { testSeed } from './support/test-seed.ts'

const seed = testSeed((text) => t.comment(text))
const FRAMES = 3000

t.test('pages and programs read and refuse any frame alike, with the same words', async (t) => {
  const script = path.join(import.meta.dirname, 'support', 'frame-outcomes.ts')
  const conditions = ['--conditions=shardline-source', '--conditions=browser']
  const line = ['--import', import.meta.resolve('tsx'), ...conditions, script, String(seed), String(FRAMES)]
  // As strict as a page's policy can be.
  const strict = '--disallow-code-generation-from-strings'
  const inPage = spawnSync(process.execPath, [strict, ...line], { encoding: 'utf8', maxBuffer: 2 ** 26 })
  t.equal(inPage.status, 0, inPage.stderr)
  const inNode = frameOutcomes(seed, FRAMES)
  t.ok(inNode.filter((line) => line.startsWith('WIRE_')).length > FRAMES / 10, 'some are refused')
  t.ok(new Set(inNode).size > 20, 'for many reasons')
  t.strictSame(JSON.parse(inPage.stdout), inNode)
})

t.test('headers written by one are read by the other', async (t) => {
  for (const { kind, ...fields } of Object.values(SAMPLES)) {
    const { payload: _payload, ...header } = fields as typeof fields & { readonly payload?: unknown }
    t.strictSame(node.unpackHeader(Uint8Array.from(browser.packHeader(header))), header, kind)
    t.strictSame(browser.unpackHeader(Uint8Array.from(node.packHeader(header))), header, kind)
  }
})

t.test('both tell UTF-8 from other bytes', async (t) => {
  const random = new SeededRandom(seed)
  for (let round = 0; round < 2000; round++) {
    const bytes = random.bytes(1 + random.integer(6))
    if (node.isUtf8(bytes) !== browser.isUtf8(bytes)) t.fail(Buffer.from(bytes).toString('hex'))
  }
  for (const text of ['\uFEFFmark', '😀', '']) t.ok(browser.isUtf8(new TextEncoder().encode(text)))
})

t.test('compiled and interpreted schemas find the same', async (t) => {
  for (const kind of MESSAGE_KINDS) {
    const [compiled, interpreted] = [node, browser].map((platform) =>
      platform.compileSchema(CATALOGUE[kind].schema),
    )
    for (const value of [...Object.values(SAMPLES), {}, null, 7]) {
      t.equal(interpreted?.isMet(value), compiled?.isMet(value))
      t.strictSame(interpreted?.failure(value), compiled?.failure(value))
    }
  }
})
