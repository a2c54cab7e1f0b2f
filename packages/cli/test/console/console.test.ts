import { ManualClock } from '@shardline/core'
import t from 'tap'
import { formatBytes, formatMs, formatRate, formatTable } from '../../src/console/format.ts'
import { Progress } from '../../src/console/progress.ts'
import { fakeTerminal } from '../support/fake-terminal.ts'

t.test('sizes, times and rates are short', async (t) => {
  t.equal(formatBytes(0), '0 B')
  t.equal(formatBytes(1023), '1023 B')
  t.equal(formatBytes(1536), '1.5 KiB')
  t.equal(formatBytes(300 * 1024 ** 2), '300 MiB')
  t.equal(formatMs(0.123), '0.12 ms')
  t.equal(formatMs(42.4), '42 ms')
  t.equal(formatMs(1234), '1.2 s')
  t.equal(formatRate(0.5), '0.500')
  t.equal(formatRate(12.345), '12.3')
  t.equal(formatRate(12_345.6), '12,346')
  t.equal(
    formatTable([
      ['a', 'bb'],
      ['ccc', ''],
    ]),
    'a    bb\nccc\n',
  )
})

t.test('a bar is redrawn on a terminal, as often as it can be read', async (t) => {
  const fake = fakeTerminal({ isTTY: true })
  const clock = new ManualClock(1000)
  const progress = new Progress({ terminal: fake.terminal, clock, isShown: true })
  for (let done = 0; done <= 100; done++) {
    progress.report({ what: 'packing layer 3', doneBytes: done * 1024, totalBytes: 100 * 1024 })
    clock.advance(1)
  }
  const drawn = fake.stderr().split('\r').length - 1
  t.equal(drawn, 2, '100 steps in 101 ms')
  t.match(fake.stderr(), /packing layer 3.*░ +0 % {2}0 B of 100 KiB/)
  progress.clear()
  t.ok(fake.stderr().endsWith('\r\u001b[K'))
  t.equal(fake.stdout(), '')
})

t.test('lines come now and then where there is no terminal, and none for short work', async (t) => {
  const fake = fakeTerminal()
  const clock = new ManualClock()
  const progress = new Progress({ terminal: fake.terminal, clock, isShown: true })
  progress.report({ what: 'loading', doneBytes: 1, totalBytes: 4 })
  clock.advance(2_999)
  progress.report({ what: 'loading', doneBytes: 2, totalBytes: 4 })
  t.equal(fake.stderr(), '')
  clock.advance(1)
  progress.report({ what: 'loading', doneBytes: 3, totalBytes: 4 })
  progress.clear()
  t.equal(fake.stderr(), 'loading: 75 %  3 B of 4 B\n')
})

t.test('nothing is shown where nothing is wanted', async (t) => {
  const fake = fakeTerminal({ isTTY: true })
  const progress = new Progress({ terminal: fake.terminal, clock: new ManualClock(), isShown: false })
  progress.report({ what: 'loading', doneBytes: 1, totalBytes: 4 })
  progress.clear()
  t.equal(fake.stderr(), '')
})

t.test('colours go to terminals only, and not against the wish of the user', async (t) => {
  t.equal(fakeTerminal().terminal.style('stdout', 'red', 'x'), 'x')
  t.equal(fakeTerminal({ isTTY: true }).terminal.style('stdout', 'red', 'x'), '\u001b[31mx\u001b[39m')
  t.equal(fakeTerminal({ isTTY: true, colour: 'never' }).terminal.style('stdout', 'red', 'x'), 'x')
})

t.test('output to a reader that left is dropped', async (t) => {
  const fake = fakeTerminal()
  fake.terminal.print('a')
  t.equal(fake.isClosed(), false)
  fake.breakOutput()
  fake.terminal.print('b')
  t.equal(fake.isClosed(), true)
  t.equal(fake.terminal.isOutputOpen, false)
  t.equal(fake.stdout(), 'a')
})
