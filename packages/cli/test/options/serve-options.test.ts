import { Command } from 'commander'
import t from 'tap'
import { addServeOptions, serveArguments } from '../../src/options/serve-options.ts'
import type { ServeOptions } from '../../src/options/serve-options.ts'

const ID = `shard1${'q'.repeat(58)}`

function parse(...args: readonly string[]): ServeOptions {
  const command = addServeOptions(new Command('x'), [])
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
  return command.parse([...args], { from: 'user' }).opts<ServeOptions>()
}

t.test('an address is optional, and may leave the host or the scheme away', async (t) => {
  t.same(parse().serve, undefined)
  t.same(parse('--serve').serve, { host: '127.0.0.1', port: 7200 })
  t.same(parse('--serve', '0').serve, { host: '127.0.0.1', port: 0 })
  t.same(parse('--serve', 'ws://0.0.0.0:7300/').serve, { host: '0.0.0.0', port: 7300 })
  t.same(parse('--serve=[::1]:1').serve, { host: '::1', port: 1 })
  t.throws(() => parse('--serve', 'nowhere'), { code: 'commander.invalidArgument' })
  t.throws(() => parse('--allow', 'shard1short'), { code: 'commander.invalidArgument' })
  t.throws(() => parse('--advertise', 'http://a'), { code: 'commander.invalidArgument' })
})

t.test('what was parsed can be written for another process', async (t) => {
  for (const line of [
    [],
    ['--serve=127.0.0.1:7200'],
    [
      '--serve=[::1]:7200',
      '--serve-as=tales',
      '--advertise=ws://a:1',
      '--advertise=ws://b:2',
      '--relay=relay://a:7400',
      `--relay=relays://b#${ID}`,
      `--allow=${ID}`,
    ],
  ]) {
    t.same(serveArguments(parse(...line)), line)
  }
})
