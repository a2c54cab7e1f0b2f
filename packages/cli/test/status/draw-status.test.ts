import type { ShardlineError } from '@shardline/core'
import t from 'tap'
import { drawStatus, formatUp, statusText } from '../../src/status/draw-status.ts'
import type { FetchedStatus } from '../../src/status/fetch-status.ts'
import { plainLines } from '../../src/status/plain-lines.ts'
import { StatusUnreachableError } from '../../src/status/status-errors.ts'
import type { StatusDocument } from '../../src/status/status-document.ts'
import { driverStatus, pipelineStatus, RELAY, stageStatus, statusOf } from '../support/status-documents.ts'

const ADDRESS = 'http://127.0.0.1:7500'

function fetched(status: StatusDocument): readonly FetchedStatus[] {
  return [{ address: ADDRESS, status, failure: undefined }]
}

function draw(now: StatusDocument, before?: StatusDocument): string {
  const view = {
    fetched: fetched(now),
    before: before === undefined ? [] : fetched(before),
    market: undefined,
  }
  return statusText(drawStatus(view))
}

t.test('a driver is drawn with its queue, tokens, earnings and stages', async (t) => {
  t.equal(
    draw(statusOf([driverStatus()])),
    [
      'http://127.0.0.1:7500 · shardline/0.1.0 · up 10 s · 256 MiB',
      'driver shard1driver  ws://127.0.0.1:7200',
      '  answers   2 running · 1 waiting · 120 answered · 8 failed (DRIVER_SERVICE_BUSY 7, CORE_ABORTED 1)',
      '  tokens    41.3/s over 10 s · 38.0/s over 60 s · 12,345 in all',
      '  earnings  12.500000 of 33.100000 credits at http://10.0.0.1:7300',
      '  payment   1 answers not handed in yet',
      '  pipeline storyteller: up · epoch 3 · 2 running, 1 waiting · 2 repairs, the last took 480 ms · 2 spares, 1 hot',
      '    7.90 ms a token · predicted 8.25 ms · planned 9.00 ms',
      '    stage      holds                node    a row    hop      rows/s  rows   address',
      '    driver     embedding            driver  0.50 ms  0.25 ms  -       1,000  local',
      '    worker 1   layers 0-3, 3.0 MiB  node-1  0.50 ms  0.25 ms  -       1,000  ws://10.0.0.2:7101',
      '    validator  head, 3.0 MiB        node-2  0.50 ms  0.25 ms  -       1,000  ws://10.0.0.3:7102',
      '',
    ].join('\n'),
  )
})

t.test('a broken pipeline is said to be down, with the code of what broke it', async (t) => {
  const broken = pipelineStatus({ is_up: false, failure: 'DRIVER_STAGE_LOST', stages: [], spares: [] })
  const view = {
    fetched: fetched(statusOf([driverStatus({ pipelines: [broken] })])),
    before: [],
    market: undefined,
  }
  const line = drawStatus(view).find(({ text }) => text.includes('pipeline storyteller'))
  t.match(line?.text, /down, DRIVER_STAGE_LOST; it is formed anew/)
  t.equal(line?.style, 'red')
})

t.test('rows per second of stages show from the second look on', async (t) => {
  const roles = (rows: number): StatusDocument['roles'] => [
    driverStatus({
      pipelines: [pipelineStatus({ stages: pipelineStatus().stages.map((stage) => ({ ...stage, rows })) })],
    }),
    stageStatus({ rows }),
  ]
  const text = draw(statusOf(roles(1_500), { up_ms: 12_000 }), statusOf(roles(1_000), { up_ms: 10_000 }))
  t.match(text, /worker 1 .* 250 +1,500 +ws:/)
  t.match(text, /2 sessions · 250 rows\/s · 1,500 rows in 800 runs · records 1\.0 MiB/)
})

t.test('a process that began again has no rate yet', async (t) => {
  const text = draw(
    statusOf([stageStatus({ rows: 10 })], { up_ms: 500 }),
    statusOf([stageStatus({ rows: 1_000 })], { up_ms: 60_000 }),
  )
  t.notMatch(text, /rows\/s/)
})

t.test('a worker, a validator without pipelines and a relay are drawn', async (t) => {
  const validator = stageStatus({ role: 'validator', node: 'v', pipelines: [], stale_frames: 4, refusals: 2 })
  const text = draw(statusOf([stageStatus(), validator, RELAY]))
  t.match(text, /worker shard1worker {2}node-1 {2}ws:\/\/10\.0\.0\.2:7101/)
  t.match(text, /p1 +layers 0-3 +3\.0 MiB +3 +storyteller/)
  t.match(text, /4 stale frames · 2 refusals\n {2}no pipeline/)
  t.match(
    text,
    /relay shard1relay .*\n {2}3 nodes · 2 pipes open, 17 in all · 5\.0 MiB passed on · 2 dials refused/,
  )
})

t.test('who can not be read is named among the others', async (t) => {
  const failure: ShardlineError = new StatusUnreachableError('http://10.0.0.9:7501', new Error('refused'))
  const view = {
    fetched: [
      { address: 'http://10.0.0.9:7501', status: undefined, failure },
      ...fetched(statusOf([stageStatus()])),
    ],
    before: [],
    market: undefined,
  }
  const text = statusText(drawStatus(view))
  t.match(text, /^http:\/\/10\.0\.0\.9:7501: no status could be read/)
  t.match(text, /worker shard1worker/)
  t.same(plainLines(view.fetched, [])[0], 'http://10.0.0.9:7501 CLI_STATUS_UNREACHABLE')
})

t.test('a market is drawn below', async (t) => {
  const price = {
    model: 'storyteller/q4',
    layerCount: 8,
    basePrice: 100n,
    price: '123.456789123',
    multiplier: '1.23',
    supply: '250.5',
    demandTokens: 4_096n,
    seq: 1n,
  }
  const view = { fetched: [], before: [], market: [price as never] }
  t.match(statusText(drawStatus(view)), /storyteller\/q4 +123\.457 +251 +4096/)
})

t.test('where nothing can be drawn, each role is one line', async (t) => {
  const now = statusOf([driverStatus(), stageStatus({ rows: 1_200 }), RELAY], { up_ms: 12_000 })
  const before = statusOf([driverStatus(), stageStatus(), RELAY])
  t.same(plainLines(fetched(now), fetched(before)), [
    `${ADDRESS} 12:05:09 driver running=2 waiting=1 tokens_per_second=41.3 storyteller=up,epoch-3`,
    `${ADDRESS} 12:05:09 worker pipelines=1 sessions=2 rows=1200 rows_per_second=100`,
    `${ADDRESS} 12:05:09 relay nodes=3 pipes=2`,
  ])
})

t.test('times up are written for people', async (t) => {
  t.equal(formatUp(42_900), '42 s')
  t.equal(formatUp(300_000), '5 min')
  t.equal(formatUp(12_000_000), '3 h 20 min')
})
