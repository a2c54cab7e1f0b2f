import { readFileSync } from 'node:fs'
import t from 'tap'
import { runCommand } from '../support/command.ts'
import { runHere } from '../support/run-here.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()
const COMMANDS = [
  [],
  ['up'],
  ['driver'],
  ['worker'],
  ['validator'],
  ['generate'],
  ['score'],
  ['chat'],
  ['ask'],
  ['gateway'],
  ['node'],
  ['relay'],
  ['status'],
  ['top'],
  ['models'],
  ['models', 'list'],
  ['models', 'pull'],
  ['models', 'inspect'],
  ['models', 'cache'],
  ['keys'],
  ['keys', 'new'],
  ['keys', 'show'],
  ['keys', 'export'],
  ['keys', 'import'],
  ['keys', 'rotate'],
  ['market'],
  ['price'],
  ['drivers'],
  ['requests'],
  ['balance'],
  ['deposit'],
  ['ledger'],
  ['ledger', 'verify'],
  ['ledger', 'accounts'],
  ['ledger', 'transfers'],
  ['ledger', 'export'],
  ['doctor'],
]

for (const command of COMMANDS) {
  const name = ['shardline', ...command].join(' ')
  t.test(`${name} --help shows its use and examples`, async (t) => {
    const { code, stdout, stderr } = await runHere([...command, '--help'])
    t.equal(code, 0)
    t.equal(stderr, '')
    t.ok(stdout.startsWith(`Usage: ${name}`), stdout)
    t.match(stdout, /\nExamples:\n {2}# /)
    t.match(stdout, new RegExp(`\\n {2}${name}( |\\n)`), 'an example of this very command')
  })
}

t.test('--version prints the version of the package', async (t) => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const { code, stdout } = await runCommand(['--version'], { cache })
  t.equal(code, 0)
  t.equal(stdout, `${version}\n`)
})

t.test('help of a command is the same as its --help', async (t) => {
  const long = await runCommand(['help', 'score'], { cache })
  const short = await runCommand(['score', '--help'], { cache })
  t.equal(long.code, 0)
  t.equal(long.stdout, short.stdout)
})
