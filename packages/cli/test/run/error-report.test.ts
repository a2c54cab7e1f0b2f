import { AbortedError, RemoteError, UnexpectedError } from '@shardline/core'
import { StageFailedError } from '@shardline/driver'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { InputMissingError, InterruptedError, UsageError } from '../../src/errors.ts'
import { ADVICE, ADVICE_DEFAULT } from '../../src/run/advice.ts'
import { reportError, reportToJson, reportToText } from '../../src/run/error-report.ts'
import { exitCodeOf } from '../../src/run/exit-code.ts'

t.test('what another process reported keeps its own code', async (t) => {
  const report = reportError(new RemoteError('WIRE_ADDRESS_UNUSABLE', "can't listen"))
  t.match(report, { code: 'WIRE_ADDRESS_UNUSABLE', message: "can't listen" })
  t.match(report.advice, /another port/)
})

t.test('what a stage reported is advised on by its own code', async (t) => {
  const stage = { role: 'worker', index: 0, address: 'ws://a:1', node: 'a', layers: undefined } as const
  const error = new StageFailedError(stage as never, { code: 'ENGINE_KV_CACHE_FULL', message: 'no room' })
  t.match(reportError(error), { code: 'DRIVER_STAGE_FAILED', advice: ADVICE['ENGINE_KV_CACHE_FULL'] })
})

t.test('a code without advice of its own points to the list', async (t) => {
  t.equal(reportError(new AbortedError('x')).advice, ADVICE_DEFAULT)
})

t.test('an error is three lines for people and one for programs', async (t) => {
  const report = reportError(new UnexpectedError('first\n  second', { details: { bytes: 5n } }))
  const text = reportToText(report, (words) => `*${words}*`)
  t.match(text, /^\*error:\* first second\n {3}do: .+\n code: CORE_UNEXPECTED\n$/)
  const json = reportToJson(report)
  t.equal(json.split('\n').length, 2)
  t.match(JSON.parse(json), { error: { code: 'CORE_UNEXPECTED', details: { bytes: '5' } } })
})

t.test('every code with advice is documented', async (t) => {
  const page = readFileSync(new URL('../../../../docs/reference/errors.md', import.meta.url), 'utf8')
  for (const code of Object.keys(ADVICE)) t.ok(page.includes(`\`${code}\``), code)
})

t.test('exit codes tell mistakes of the user from failures and interrupts', async (t) => {
  t.equal(exitCodeOf(new UsageError('x')), 2)
  t.equal(exitCodeOf(new InputMissingError('x')), 2)
  t.equal(exitCodeOf(new AbortedError('x')), 1)
  t.equal(exitCodeOf(new InterruptedError('SIGTERM', 143)), 143)
})
