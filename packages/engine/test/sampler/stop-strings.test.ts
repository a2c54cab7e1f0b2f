import { SeededRandom } from '@shardline/core'
import t from 'tap'
import { createStopStringMatcher } from '../../src/sampler/index.ts'
import { testSeed } from './test-seed.ts'

function cutWhole(text: string, stops: readonly string[]): { text: string; isStopped: boolean } {
  const starts = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0)
  return starts.length === 0
    ? { text, isStopped: false }
    : { text: text.slice(0, Math.min(...starts)), isStopped: true }
}

function cutPieces(
  pieces: readonly string[],
  stops: readonly string[],
): { text: string; isStopped: boolean } {
  const matcher = createStopStringMatcher(stops)
  let text = ''
  for (const piece of pieces) text += matcher.push(piece).text
  const last = matcher.end()
  return { text: text + last.text, isStopped: last.isStopped }
}

t.test('cuts any text in any pieces where the whole text has its earliest stop string', (t) => {
  const random = new SeededRandom(testSeed(t))
  const word = (length: number): string => Array.from({ length }, () => 'ab'[random.integer(2)]).join('')
  let stopped = 0
  for (let round = 0; round < 5000; round++) {
    const stops = Array.from({ length: random.integer(4) }, () => word(1 + random.integer(5)))
    const pieces = Array.from({ length: random.integer(12) }, () => word(random.integer(5)))
    const expected = cutWhole(pieces.join(''), stops)
    const actual = cutPieces(pieces, stops)
    if (expected.isStopped) stopped++
    if (actual.text !== expected.text || actual.isStopped !== expected.isStopped) {
      t.same(actual, expected, `pieces ${JSON.stringify(pieces)}, stops ${JSON.stringify(stops)}`)
    }
  }
  t.ok(stopped > 1000 && stopped < 5000, `${stopped} of 5000 were cut`)
  t.end()
})

t.test('holds back only what could still be a stop string', (t) => {
  const matcher = createStopStringMatcher(['END'])
  t.same(matcher.push('an E'), { text: 'an ', isStopped: false })
  t.same(matcher.push('NTER'), { text: 'ENTER', isStopped: false })
  t.same(matcher.push('EN'), { text: '', isStopped: false })
  t.same(matcher.push('D and more'), { text: '', isStopped: true })
  t.same(matcher.push('more'), { text: '', isStopped: true })
  t.same(matcher.end(), { text: '', isStopped: true })
  t.end()
})

t.test('waits for a longer stop string that started before a complete one', (t) => {
  t.same(cutPieces(['xab', 'c', 'd'], ['abcd', 'bc']), { text: 'x', isStopped: true })
  t.same(cutPieces(['xab', 'c', 'e'], ['abcd', 'bc']), { text: 'xa', isStopped: true })
  t.same(cutPieces(['xab', 'c'], ['abcd', 'bc']), { text: 'xa', isStopped: true })
  t.end()
})

t.test('flushes what was held back at the end', (t) => {
  const matcher = createStopStringMatcher(['\n\n'])
  t.same(matcher.push('line\n'), { text: 'line', isStopped: false })
  t.same(matcher.end(), { text: '\n', isStopped: false })
  t.end()
})

t.test('passes everything on without stop strings', (t) => {
  const matcher = createStopStringMatcher([])
  t.same(matcher.push('text'), { text: 'text', isStopped: false })
  t.same(matcher.end(), { text: '', isStopped: false })
  t.end()
})

t.test('refuses unusable stop strings', (t) => {
  const code = 'ENGINE_STOP_STRING_INVALID'
  t.throws(() => createStopStringMatcher(['']), { code })
  t.throws(() => createStopStringMatcher(['x'.repeat(1025)]), { code })
  t.throws(() => createStopStringMatcher(['\ud83d']), { code })
  t.throws(() => createStopStringMatcher(Array.from({ length: 65 }, () => 'x')), { code })
  t.throws(() => createStopStringMatcher(['xy'], { stopStringCharsMax: 1 }), { code })
  t.throws(() => createStopStringMatcher(['x', 'y'], { stopStringsMax: 1 }), { code })
  t.doesNotThrow(() => createStopStringMatcher(['😀']))
  t.end()
})
