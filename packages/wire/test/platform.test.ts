import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { SeededRandom } from '@shardline/core'
import t from 'tap'
import { CATALOGUE, encodeFrame, MESSAGE_KINDS } from '../src/index.ts'
import { platform as browser } from '../src/platform/browser-platform.ts'
import { platform as node } from '../src/platform/node-platform.ts'
import { frameOutcome } from './support/frame-outcomes.ts'
import { mutatedFrame } from './support/mutate-frame.ts'
import { SAMPLES } from './support/sample-messages.ts'
import { testSeed } from './support/test-seed.ts'

const seed = testSeed((text) => t.comment(text))
const FRAMES = 3000

t.test('pages and programs read and refuse any frame alike, with the same words', async (t) => {
  const random = new SeededRandom(seed)
  const whole = Object.values(SAMPLES).map((message) => encodeFrame(message))
  const frames = [...whole, ...Array.from({ length: FRAMES }, () => mutatedFrame(random))]
  const script = path.join(import.meta.dirname, 'support', 'frame-outcomes.ts')
  const conditions = ['--conditions=shardline-source', '--conditions=browser']
  // As strict as a page's policy can be.
  const strict = '--disallow-code-generation-from-strings'
  const line = [strict, '--import', import.meta.resolve('tsx'), ...conditions, script]
  const input = frames.map((frame) => Buffer.from(frame).toString('hex')).join('\n')
  const inPage = spawnSync(process.execPath, line, { input, encoding: 'utf8', maxBuffer: 2 ** 26 })
  t.equal(inPage.status, 0, inPage.stderr)
  const inNode = frames.map((frame) => frameOutcome(frame))
  t.ok(inNode.filter((outcome) => outcome.startsWith('WIRE_')).length > FRAMES / 10, 'some are refused')
  t.ok(new Set(inNode).size > 100, 'for many reasons')
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
