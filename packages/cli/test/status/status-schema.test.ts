import t from 'tap'
import { isStatusDocument } from '../../src/status/status-schema.ts'
import { driverStatus, pipelineStatus, RELAY, stageStatus, statusOf } from '../support/status-documents.ts'

t.test('a status of every role is read', async (t) => {
  t.ok(isStatusDocument(statusOf([driverStatus(), stageStatus(), RELAY])))
  const talking = driverStatus({
    address: null,
    answers: null,
    tokens: null,
    links: null,
    deliveries_pending: null,
    earnings: null,
  })
  t.ok(isStatusDocument(statusOf([talking])))
})

t.test('what a later release adds is left alone', async (t) => {
  t.ok(isStatusDocument({ ...statusOf([{ ...RELAY, colour: 'blue' } as typeof RELAY]), mood: 'good' }))
})

t.test('what is no status is refused', async (t) => {
  for (const value of [
    null,
    'status',
    {},
    { ...statusOf([]), version: 2 },
    statusOf([{ ...stageStatus(), rows: '12' } as never]),
    statusOf([{ role: 'cook' } as never]),
  ]) {
    t.notOk(isStatusDocument(value), JSON.stringify(value))
  }
})

t.test('texts that could command a terminal are refused', async (t) => {
  const evil = 'name\u001B[2J'
  t.notOk(isStatusDocument(statusOf([], { software: evil })))
  t.notOk(isStatusDocument(statusOf([stageStatus({ node: evil })])))
  t.notOk(isStatusDocument(statusOf([driverStatus({ pipelines: [pipelineStatus({ model: evil })] })])))
  const answers = { running: 0, waiting: 0, open: 0, answered: 0, failed: { [evil]: 1 } }
  t.notOk(isStatusDocument(statusOf([driverStatus({ answers })])))
  t.notOk(isStatusDocument(statusOf([stageStatus({ node: 'n'.repeat(2_000) })])))
})
