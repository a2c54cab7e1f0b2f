import t from 'tap'
import { STATUS_TEXT_CHARS_MAX } from '../../src/limits.ts'
import { drawStatus, statusText } from '../../src/status/draw-status.ts'
import { statusNotes } from '../../src/status/status-notes.ts'
import { driverStatus, stageStatus, statusOf } from '../support/status-documents.ts'

t.test('remarks stand on one line, and are no longer than a status may hold', async (t) => {
  t.strictSame(statusNotes([]), {})
  t.strictSame(statusNotes([undefined, '']), {})
  t.strictSame(statusNotes(['two\nlines\u001b[2J', undefined]), { notes: ['two lines [2J'] })
  t.equal(statusNotes(['x'.repeat(5000)]).notes?.[0]?.length, STATUS_TEXT_CHARS_MAX)
})

t.test('remarks of drivers and stages are shown', async (t) => {
  const roles = [driverStatus({ notes: ['waits for nodes'] }), stageStatus({ notes: ['below your floor'] })]
  const fetched = [{ address: '127.0.0.1:7500', status: statusOf(roles), failure: undefined }]
  const text = statusText(drawStatus({ fetched, before: [], market: undefined }))
  t.match(text, /^ {2}waits for nodes$/m)
  t.match(text, /^ {2}below your floor$/m)
})
