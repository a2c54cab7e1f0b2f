import t from 'tap'
import { MODEL, runCommand, RunningCommand } from '../support/command.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()
const CHAT = ['chat', '--model', MODEL, '--seed', '4']

t.test('turns follow each other, and what was said stays in the cache', async (t) => {
  const stdin =
    'Tell me a story about a cat.\nWho is in the story?\n/reset\nWho is in the story?\n/quit\nnever said\n'
  const { code, stdout, stderr } = await runCommand([...CHAT, '--max-tokens', '40'], { cache, stdin })
  t.equal(code, 0, stderr)
  const timings = stderr.split('\n').filter((line) => line.includes('first token after'))
  t.equal(timings.length, 3, 'three answers')
  t.notMatch(timings[0], /from the cache/)
  t.match(timings[1], /[1-9]\d* tokens from the cache/)
  t.notMatch(timings[2], /from the cache/, 'a reset chat starts anew')
  t.match(stderr, /The chat is forgotten/)
  t.match(stdout, /cat/)
})

t.test('/help and /stats answer without the model', async (t) => {
  const { code, stdout, stderr } = await runCommand(CHAT, { cache, stdin: '/help\n/stats\n' })
  t.equal(code, 0)
  t.equal(stdout, '')
  t.match(stderr, /\/reset/)
  t.match(stderr, /No answer yet/)
})

t.test('^C stops the answer, and at the prompt the chat', async (t) => {
  await using command = new RunningCommand([...CHAT, '--max-tokens', '900'], { cache, isStdinOpen: true })
  command.child.stdin?.write('Tell me a story about a cat.\n')
  await command.untilWritten('stdout', /\S/)
  command.signal('SIGINT')
  await command.untilWritten('stderr', /tokens\/s.*stopped/)
  command.child.stdin?.write('Who is in the story?\n')
  await command.untilWritten('stderr', /tokens\/s[^]*tokens from the cache/)
  t.equal(command.child.exitCode, null, 'the chat goes on')
  command.signal('SIGINT')
  const { code, stderr } = await command.ended
  t.equal(code, 130)
  t.notMatch(stderr, /error/)
})

t.test('--system is said before the chat', async (t) => {
  const promptTokens = async (...flags: readonly string[]): Promise<number> => {
    const args = [...CHAT, '--max-tokens', '2', ...flags]
    const { stderr } = await runCommand(args, { cache, stdin: 'Who are you?\n' })
    return Number(/prompt (\d+) tokens/.exec(stderr)?.[1])
  }
  const plain = await promptTokens()
  t.ok(plain > 0)
  t.ok((await promptTokens('--system', 'You tell stories about whales.')) > plain + 5)
})
