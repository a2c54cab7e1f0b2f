import { EventEmitter } from 'node:events'
import t from 'tap'
import { readConfig } from '../../src/config.ts'
import { existingPassphrase, newPassphrase } from '../../src/keys/passphrase.ts'
import { Interrupt } from '../../src/run/interrupt.ts'
import { sleep } from '../support/command.ts'
import { fakeTerminal } from '../support/fake-terminal.ts'
import type { FakeTerminal } from '../support/fake-terminal.ts'

type Asked = FakeTerminal & { readonly context: Parameters<typeof newPassphrase>[1] }

function open(options: { readonly isTTY?: boolean; readonly passphrase?: string } = {}): Asked {
  const fake = fakeTerminal({ isTTY: options.isTTY ?? true })
  const interrupt = new Interrupt({ source: new EventEmitter(), isSupervised: false, exit: () => undefined })
  const config = readConfig({ environment: { SHARDLINE_PASSPHRASE: options.passphrase } })
  return { ...fake, context: { terminal: fake.terminal, interrupt, config } }
}

/** Types each line when it is asked for. */
async function type(asked: Asked, lines: readonly string[]): Promise<void> {
  for (const [index, line] of lines.entries()) {
    while (asked.stderr().split(': ').length - 1 <= index) await sleep(5)
    asked.stdin.write(`${line}\r`)
  }
}

t.test('asks without showing what is typed', async (t) => {
  const asked = open()
  const [passphrase] = await Promise.all([existingPassphrase('me', asked.context), type(asked, ['sesame'])])
  t.equal(passphrase, 'sesame')
  t.equal(asked.stderr(), 'Passphrase of me: \n')
  t.equal(asked.stdout(), '')
})

t.test('a new one is asked for twice, and has to be the same', async (t) => {
  const same = open()
  const [passphrase] = await Promise.all([
    newPassphrase('me', same.context),
    type(same, ['sesame', 'sesame']),
  ])
  t.equal(passphrase, 'sesame')
  for (const [lines, why] of [
    [['a', 'b'], /not the same/],
    [['', ''], /empty/],
  ] as const) {
    const other = open()
    const typing = type(other, lines)
    await t.rejects(newPassphrase('me', other.context), { code: 'CLI_PASSPHRASE', message: why })
    await typing
  }
})

t.test('the environment is asked first, and nobody where there is no terminal', async (t) => {
  const given = open({ passphrase: 'from outside' })
  t.equal(await existingPassphrase('me', given.context), 'from outside')
  t.equal(await newPassphrase('me', given.context), 'from outside')
  t.equal(given.stderr(), '')
  const piped = open({ isTTY: false })
  t.equal(await existingPassphrase('me', piped.context), undefined)
  await t.rejects(newPassphrase('me', piped.context), { code: 'CLI_PASSPHRASE' })
})

t.test('^C and the end of the input give up', async (t) => {
  const stopped = open()
  const typing = type(stopped, ['\u0003'])
  await t.rejects(existingPassphrase('me', stopped.context), { code: 'CORE_ABORTED' })
  await typing
  t.ok(stopped.context.interrupt.signal.aborted)
  const ended = open()
  const asking = existingPassphrase('me', ended.context)
  ended.stdin.end()
  await t.rejects(asking, { code: 'CORE_ABORTED' })
})
