import t from 'tap'
import { LiveScreen } from '../../src/status/live-screen.ts'
import { plain, styled } from '../../src/status/screen-line.ts'
import { fakeTerminal } from '../support/fake-terminal.ts'

const quiet = { onKey: () => undefined, onResize: () => undefined }

t.test('a frame is one write over the one before, on the other screen', async (t) => {
  const fake = fakeTerminal({ isTTY: true, colour: 'never' })
  const { terminal } = fake
  Object.assign(terminal.stdout, { columns: 10, rows: 4 })
  {
    using screen = new LiveScreen(terminal, quiet)
    t.ok(fake.stdout().includes('\u001B[?1049h'))
    const before = fake.stdout().length
    screen.draw([plain('one'), styled('red', 'two is too long')])
    t.equal(
      fake.stdout().slice(before),
      '\u001B[?2026h\u001B[Hone\u001B[K\r\ntwo is too\u001B[K\r\n\u001B[J\u001B[?2026l',
    )
  }
  t.ok(fake.stdout().endsWith('\u001B[?25h\u001B[?1049l'), 'the terminal is as it was')
})

t.test('more lines than fit are cut, so that nothing scrolls', async (t) => {
  const fake = fakeTerminal({ isTTY: true, colour: 'never' })
  const { terminal } = fake
  Object.assign(terminal.stdout, { columns: 80, rows: 2 })
  using screen = new LiveScreen(terminal, quiet)
  const before = fake.stdout().length
  screen.draw([plain('one'), plain('two'), plain('three')])
  const frame = fake.stdout().slice(before)
  t.notMatch(frame, /three/)
  t.equal(frame.split('\r\n').length, 2)
})

t.test('keys are told, and raw mode is left at the end', async (t) => {
  const fake = fakeTerminal({ isTTY: true })
  const { terminal } = fake
  const modes: boolean[] = []
  Object.assign(terminal.stdin, { setRawMode: (isRaw: boolean) => modes.push(isRaw) })
  const keys: string[] = []
  const screen = new LiveScreen(terminal, { ...quiet, onKey: (key) => keys.push(key) })
  fake.stdin.write('xq')
  await new Promise((resolve) => setImmediate(resolve))
  screen[Symbol.dispose]()
  t.same(keys, ['x', 'q'])
  t.same(modes, [true, false])
})
