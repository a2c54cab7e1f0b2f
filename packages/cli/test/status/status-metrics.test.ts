import { readFileSync } from 'node:fs'
import t from 'tap'
import { metricsOf } from '../../src/status/status-metrics.ts'
import { driverStatus, pipelineStatus, RELAY, stageStatus, statusOf } from '../support/status-documents.ts'

const PAGE = readFileSync(new URL('../../../../docs/operating/metrics.md', import.meta.url), 'utf8')

const earnings = { market: 'http://m', balance_microcredits: '2500000', earned_microcredits: '500000' }
const ALL = statusOf([driverStatus(), stageStatus({ earnings }), RELAY])

t.test('every metric is documented with its type, and every documented one exists', async (t) => {
  const { text } = await metricsOf(ALL)
  const served = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`)
  const documented = [...PAGE.matchAll(/^\| `(shardline_\w+)` +\| (\w+)/gm)].map(
    ([, name, type]) => `${name} ${type}`,
  )
  t.ok(served.length > 30, `${served.length} metrics`)
  t.same(documented.toSorted(), served.toSorted())
})

t.test('a validator has the metrics of a worker under its own name', async (t) => {
  const names = async (role: 'worker' | 'validator'): Promise<readonly string[]> => {
    const { text } = await metricsOf(statusOf([stageStatus({ role })]))
    return [...text.matchAll(/^# TYPE shardline_(\w+) /gm)].map(([, name]) =>
      (name ?? '').replace(role, 'stage'),
    )
  }
  t.same(await names('validator'), await names('worker'))
})

t.test('values are those of the status, in seconds and credits', async (t) => {
  const { text, contentType } = await metricsOf(ALL)
  t.match(contentType, /^text\/plain/)
  for (const line of [
    'shardline_process_resident_bytes 268435456',
    'shardline_driver_answers{state="waiting"} 1',
    'shardline_driver_asks_failed_total{code="DRIVER_SERVICE_BUSY"} 7',
    'shardline_driver_tokens_total{model="storyteller"} 12345',
    'shardline_driver_repair_last_seconds{model="storyteller"} 0.48',
    'shardline_driver_token_seconds{model="storyteller",kind="measured"} 0.0079',
    'shardline_driver_spares{model="storyteller",role="worker",state="hot"} 1',
    'shardline_driver_spares{model="storyteller",role="validator",state="cold"} 1',
    'shardline_driver_stage_rows_total{model="storyteller",role="worker",place="1"} 1000',
    'shardline_worker_rows_total 1000',
    'shardline_worker_balance_credits 2.5',
    'shardline_relay_dials_refused_total{reason="not-found"} 2',
  ]) {
    t.ok(text.includes(`\n${line}\n`) || text.startsWith(line), line)
  }
})

t.test('what is not known is left out', async (t) => {
  const talking = driverStatus({
    answers: null,
    tokens: null,
    links: null,
    earnings: null,
    pipelines: [
      pipelineStatus({ tokens: null, token_ms: { planned: null, predicted: null, measured: null } }),
    ],
  })
  const { text } = await metricsOf(statusOf([talking]))
  t.notMatch(text, /driver_(answers|links|tokens_total|token_seconds|balance)/)
  t.match(text, /driver_pipeline_up\{model="storyteller"\} 1/)
})
