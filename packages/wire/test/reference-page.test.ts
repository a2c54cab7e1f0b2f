import { readFileSync } from 'node:fs'
import t from 'tap'
import {
  CATALOGUE,
  encodeFrame,
  FRAME_PREFIX_BYTES,
  FRAME_VERSION,
  MESSAGE_KINDS,
  PROTOCOLS_SPOKEN,
} from '../src/index.ts'
import { SAMPLES } from './support/sample-messages.ts'

const page = readFileSync(new URL('../../../docs/reference/wire.md', import.meta.url), 'utf8')

/** Cells of the table rows whose first cell is a number. */
function rowsBelow(heading: string): string[][] {
  const section = page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return section
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([first]) => /^\d+$/.test(first ?? ''))
}

t.test('the reference page lists every kind with its number, in order', async (t) => {
  t.strictSame(
    rowsBelow('Messages').map(([number, kind]) => [Number(number), kind]),
    MESSAGE_KINDS.map((kind) => [CATALOGUE[kind].id, `\`${kind}\``]),
  )
})

t.test('the reference page names as answers only kinds that exist', async (t) => {
  for (const [, kind, , , answers] of rowsBelow('Messages')) {
    const named = [...(answers ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '')
    t.ok(
      named.every((name) => Object.hasOwn(CATALOGUE, name)),
      kind ?? '',
    )
  }
})

t.test('the reference page tells the prefix as it is', async (t) => {
  const fields = new Map(
    rowsBelow('Frame').map(([offset, bytes, name]) => [name, [Number(offset), Number(bytes)]]),
  )
  const frame = encodeFrame(SAMPLES.hidden)
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  t.strictSame(fields.get('magic'), [0, 2])
  t.equal(view.getUint16(0), 0x534c)
  t.strictSame(fields.get('layout version'), [2, 1])
  t.equal(view.getUint8(2), FRAME_VERSION)
  t.strictSame(fields.get('flags'), [3, 1])
  t.strictSame(fields.get('kind'), [4, 4])
  t.equal(view.getUint32(4, true), CATALOGUE.hidden.id)
  t.strictSame(fields.get('header length'), [8, 4])
  t.strictSame(fields.get('payload length'), [12, 4])
  t.equal(view.getUint32(12, true), SAMPLES.hidden.payload.byteLength)
  t.equal(FRAME_PREFIX_BYTES, 16)
})

t.test('the reference page names the protocol version that is spoken', async (t) => {
  t.equal(PROTOCOLS_SPOKEN.max, PROTOCOLS_SPOKEN.min)
  t.match(page, `This release speaks version ${PROTOCOLS_SPOKEN.max}.`)
})
