import path from 'node:path'
import t from 'tap'
import { MODEL, runCommand } from '../support/command.ts'
import { sharedCache } from '../support/shared-cache.ts'

const cache = sharedCache()

interface Mistake {
  readonly what: string
  readonly args: readonly string[]
  readonly exitCode: 1 | 2
  readonly code: string
  /** What is wrong: what was given, what is allowed. */
  readonly says: RegExp
  readonly env?: Readonly<Record<string, string>>
}

const GENERATE = ['generate', '--model', MODEL, '--prompt', 'hi']

const MISTAKES: readonly Mistake[] = [
  { what: 'no command', args: [], exitCode: 2, code: 'CLI_USAGE', says: /no command/ },
  {
    what: 'a misspelt command',
    args: ['generat'],
    exitCode: 2,
    code: 'CLI_USAGE',
    says: /'generat'.*Did you mean generate/,
  },
  {
    what: 'an unknown option',
    args: ['doctor', '--fast'],
    exitCode: 2,
    code: 'CLI_USAGE',
    says: /unknown option '--fast'/,
  },
  {
    what: 'a word for a number',
    args: ['generate', '--threads', 'many', '--prompt', 'hi'],
    exitCode: 2,
    code: 'CLI_OPTION_INVALID',
    says: /--threads.*'many'.*from 1 to 256/,
  },
  {
    what: 'a number out of bounds',
    args: ['generate', '--top-p', '1.5', '--prompt', 'hi'],
    exitCode: 2,
    code: 'CLI_OPTION_INVALID',
    says: /--top-p.*'1\.5'.*to 1/,
  },
  {
    what: 'an unknown precision',
    args: ['generate', '--precision', 'int5', '--prompt', 'hi'],
    exitCode: 2,
    code: 'CLI_OPTION_INVALID',
    says: /'int5'.*auto, int4, int8, f32/,
  },
  {
    what: 'layers the wrong way round',
    args: ['generate', '--layers', '5-2', '--prompt', 'hi'],
    exitCode: 2,
    code: 'CLI_OPTION_INVALID',
    says: /"5-2" is not a layer range/,
  },
  {
    what: 'two kinds of input',
    args: ['generate', '--prompt', 'hi', '--ids', 'x.json'],
    exitCode: 2,
    code: 'CLI_USAGE',
    says: /--prompt.*--ids/,
  },
  {
    what: 'no input',
    args: ['generate', '--model', MODEL],
    exitCode: 2,
    code: 'CLI_INPUT_MISSING',
    says: /empty/,
  },
  {
    what: 'a file that is not there',
    args: ['score', '--file', '/nowhere/text.txt'],
    exitCode: 1,
    code: 'CLI_INPUT_UNREADABLE',
    says: /\/nowhere\/text\.txt: there is no such file/,
  },
  {
    what: 'a folder for a file',
    args: ['score', '--file', MODEL],
    exitCode: 1,
    code: 'CLI_INPUT_UNREADABLE',
    says: /it is a folder/,
  },
  {
    what: 'no ids in a JSON file',
    args: ['score', '--ids', path.join(MODEL, 'config.json')],
    exitCode: 1,
    code: 'CLI_IDS_INVALID',
    says: /it has no list of ids/,
  },
  {
    what: 'an unknown model path',
    args: ['generate', '--model', './no/such/model/', '--prompt', 'hi'],
    exitCode: 1,
    code: 'MODEL_REFERENCE_UNKNOWN',
    says: /"\.\/no\/such\/model\/"/,
  },
  {
    what: 'a prompt that leaves no room',
    args: [...GENERATE, '--context', '4'],
    exitCode: 1,
    code: 'DRIVER_PROMPT_TOO_LONG',
    says: /at most 3 fit/,
  },
  {
    what: 'a longer context than the model has',
    args: [...GENERATE, '--context', '5000'],
    exitCode: 1,
    code: 'DRIVER_SETTING_INVALID',
    says: /5000.*at most 1024/,
  },
  {
    what: 'layers that no worker holds',
    args: [...GENERATE, '--workers', '2', '--layers', '0-3,6-7'],
    exitCode: 1,
    code: 'DRIVER_PLAN_LAYERS_MISSING',
    says: /no worker holds layers 4-5/,
  },
  {
    what: 'a port that is none',
    args: ['worker', '--listen', '127.0.0.1:70000'],
    exitCode: 2,
    code: 'CLI_OPTION_INVALID',
    says: /127\.0\.0\.1:70000.*0 to 65535/,
  },
  {
    what: 'a market for a driver that serves nobody',
    args: ['driver', '--workers', '7101', '--validator', '7102', '--market', 'http://127.0.0.1:1'],
    exitCode: 2,
    code: 'CLI_OPTION_INVALID',
    says: /--serve/,
  },
  {
    what: 'a node address that is none',
    args: ['driver', '--workers', 'http://x', '--validator', '7102'],
    exitCode: 2,
    code: 'CLI_OPTION_INVALID',
    says: /"http:\/\/x" is no node address/,
  },
  {
    what: 'a node that is not there',
    args: [
      'driver',
      '--model',
      MODEL,
      '--workers',
      '127.0.0.1:1',
      '--validator',
      '127.0.0.1:1',
      '--prompt',
      'hi',
    ],
    exitCode: 1,
    code: 'DRIVER_STAGE_UNREACHABLE',
    says: /127\.0\.0\.1:1/,
  },
  {
    what: 'an environment variable that makes no sense',
    args: ['doctor'],
    env: { SHARDLINE_LOG: 'loud' },
    exitCode: 2,
    code: 'CLI_CONFIG_INVALID',
    says: /SHARDLINE_LOG is "loud".*debug/,
  },
]

for (const mistake of MISTAKES) {
  t.test(`${mistake.what} is explained`, async (t) => {
    const { env = {} } = mistake
    const result = await runCommand(mistake.args, { cache, env })
    t.equal(result.code, mistake.exitCode)
    t.equal(result.stdout, '')
    const [wrong = '', advice = '', code = '', ...rest] = result.stderr.split('\n')
    t.match(wrong, mistake.says)
    t.match(advice, /^ {3}do: \S.+/)
    t.equal(code, ` code: ${mistake.code}`)
    t.same(rest, [''], 'three lines')
  })
}

t.test('errors are an object on standard error with --json', async (t) => {
  const args = [...GENERATE, '--context', '4', '--json']
  const result = await runCommand(args, { cache })
  t.equal(result.code, 1)
  t.equal(result.stdout, '')
  const { error } = JSON.parse(result.stderr) as { error: Readonly<Record<string, unknown>> }
  t.equal(error['code'], 'DRIVER_PROMPT_TOO_LONG')
  t.match(error['message'], /at most 3 fit/)
  t.match(error['advice'], /shorten the prompt/)
  t.equal(error['retryable'], false)
  const usage = await runCommand(['generate', '--json', '--threads', '0'], { cache })
  t.equal(usage.code, 2)
  t.match(JSON.parse(usage.stderr), { error: { code: 'CLI_OPTION_INVALID' } })
})
