import type { Log, LogFields } from '@shardline/core'

/** A log that keeps its lines for a test to look at. */
export interface RecordingLog extends Log {
  readonly lines: readonly { readonly event: string; readonly fields: LogFields }[]
}

/** Makes an empty {@link RecordingLog}. */
export function createRecordingLog(): RecordingLog {
  const lines: { event: string; fields: LogFields }[] = []
  const record = (event: string, fields: LogFields = {}): void => {
    lines.push({ event, fields })
  }
  const log: RecordingLog = {
    lines,
    error: record,
    warn: record,
    info: record,
    debug: record,
    trace: record,
    child: () => log,
  }
  return log
}
