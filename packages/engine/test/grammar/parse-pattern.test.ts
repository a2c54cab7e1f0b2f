import fc from 'fast-check'
import t from 'tap'
import { Budget } from '../../src/grammar/budget.ts'
import { FORMAT_PATTERNS } from '../../src/grammar/formats.ts'
import { parsePattern } from '../../src/grammar/parse-pattern.ts'
import { testSeed } from '../sampler/test-seed.ts'

const matches = (pattern: string, text: string): boolean =>
  parsePattern(pattern, new Budget(10_000_000)).matches(text)

const atom = fc.constantFrom(
  'a',
  'b',
  'é',
  '🦊',
  '.',
  '[ab]',
  '[^a]',
  '[a-cé]',
  '\\d',
  '\\W',
  '\\s',
  '\\.',
  '\\n',
  '[\\w-]',
  '\\u{1f98a}',
)
const pattern: fc.Arbitrary<string> = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 3 },
    atom,
    fc.tuple(tie('pattern'), tie('pattern')).map(([one, other]) => one + other),
    fc.tuple(tie('pattern'), tie('pattern')).map(([one, other]) => `(?:${one}|${other})`),
    fc
      .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,}', '{0,2}', '*?', '+?'))
      .map(([one, sign]) => `(${one})${sign}`),
  ),
})).pattern
const anchored = fc
  .tuple(fc.constantFrom('', '^'), pattern, fc.constantFrom('', '$'), fc.constantFrom('', '|b$', '|^é'))
  .map(([start, middle, end, other]) => start + middle + end + other)
const text = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', 'é', '🦊', '1', ' ', '.', '-', '\n'),
  maxLength: 6,
})

t.test('finds matches where the regular expressions of JavaScript do', async (t) => {
  const seed = testSeed(t)
  let found = 0
  fc.assert(
    fc.property(anchored, fc.array(text, { minLength: 5, maxLength: 5 }), (source, texts) => {
      const reference = new RegExp(source, 'u')
      for (const value of texts) {
        const wanted = reference.test(value)
        if (wanted) found++
        if (matches(source, value) !== wanted) throw new Error(`${source} in ${JSON.stringify(value)}`)
      }
    }),
    { seed, numRuns: 1500 },
  )
  t.ok(found > 1000 && found < 6500, `${found} of 7500 matched`)
})

t.test('knows the escapes of characters', async (t) => {
  for (const [source, value] of [
    ['^\\x41\\u0042\\u{43}\\ud83e\\udd8a$', 'ABC🦊'],
    ['^[\\b\\t\\]\\\\^-]+$', '\b\t]\\^-'],
    ['^[^]$', '\n'],
    ['^\\/\\-\\$\\0$', '/-$\0'],
    ['^(?<name>a)$', 'a'],
    ['', ''],
    ['^$', ''],
    ['a|', 'zzz'],
  ] as const)
    t.equal(matches(source, value), true, source)
  t.equal(matches('[]', 'a'), false)
})

for (const [source, problem] of [
  ['(a', /\( without a \)/],
  ['a)', /\) without a \(/],
  ['(?=a)', /look-around/],
  ['(?<!a)b', /look-around/],
  ['(?i:a)', /flags/],
  ['(a)\\1', /\\1 is not known/],
  ['\\bword', /\\b is not known/],
  ['\\p{L}', /\\p is not known/],
  ['a{2', /quantifier/],
  ['a{3,2}', /out of order/],
  ['a{99999}', /99999/],
  ['*a', /\* stands for itself only/],
  ['a**', /\* stands for itself only/],
  ['[b-a]', /range/],
  ['[\\d-z]', /range/],
  ['[a', /ends too early/],
  ['a\\', /ends too early/],
  ['\\u12', /too early|hexadecimal/],
  ['\\ud83e', /surrogate|too early/],
  ['\\u{110000}', /no character/],
  ['a^b', /\^ stands inside/],
  ['(a$)b', /\$ stands inside/],
  ['\\01', /octal/],
] as const) {
  t.test(`refuses ${source} by name`, async (t) => {
    t.throws(() => matches(source, ''), { code: 'ENGINE_GRAMMAR_PATTERN_UNSUPPORTED', message: problem })
  })
}

t.test('formats are patterns of their own', async (t) => {
  const takes: Readonly<Record<string, readonly string[]>> = {
    'date-time': ['2024-02-28T23:59:59.5Z', '1999-12-31T00:00:00+05:30'],
    ipv4: ['127.0.0.1', '255.249.99.0'],
    email: ['a.b@example.org'],
    uri: ['https://example.org/a/b?c=d#e'],
    duration: ['P3D', 'PT5M', 'P2W'],
  }
  for (const [format, values] of Object.entries(takes))
    for (const value of values) t.equal(matches(FORMAT_PATTERNS.get(format) ?? '', value), true, value)
  for (const [format, value] of [
    ['date', '2024-02-30'],
    ['date', '2024-13-01'],
    ['time', '24:00:00Z'],
    ['time', '10:00:00'],
    ['ipv4', '256.1.1.1'],
    ['uuid', '0'],
    ['email', '@example.org'],
  ] as const)
    t.equal(matches(FORMAT_PATTERNS.get(format) ?? '', value), false, value)
})
