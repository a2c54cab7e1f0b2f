import { pino } from 'pino'

/** Severity of a log line. */
export type LogLevel = 'silent' | 'error' | 'warn' | 'info' | 'debug' | 'trace'

/** Fields of one log line. They never hold user content: no text, no token ids. */
export type LogFields = Readonly<Record<string, unknown>>

/** Structured logging: one event name and its facts per line. */
export interface Log {
  error(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  debug(event: string, fields?: LogFields): void
  trace(event: string, fields?: LogFields): void
  /** A log whose lines carry `fields` too. */
  child(fields: LogFields): Log
}

/** Options of {@link createLog}. */
export interface LogInit {
  /** Lines below this level are dropped. @default 'info' */
  readonly level?: LogLevel
  /** Facts on every line, for example the role. @default {} */
  readonly fields?: LogFields
  /** File descriptor that gets the lines, as JSON. @default 2 (standard error) */
  readonly fd?: number
}

/** A log that writes JSON lines. */
export function createLog(init: LogInit = {}): Log {
  const logger = pino(
    { level: init.level ?? 'info', base: { ...init.fields } },
    pino.destination({ dest: init.fd ?? 2, sync: true }),
  )
  return wrap(logger)
}

/** A log that drops everything. */
export const silentLog: Log = Object.freeze({
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  trace: () => undefined,
  child: () => silentLog,
})

function wrap(logger: pino.Logger): Log {
  return {
    error: (event, fields) => logger.error(fields ?? {}, event),
    warn: (event, fields) => logger.warn(fields ?? {}, event),
    info: (event, fields) => logger.info(fields ?? {}, event),
    debug: (event, fields) => logger.debug(fields ?? {}, event),
    trace: (event, fields) => logger.trace(fields ?? {}, event),
    child: (fields) => wrap(logger.child({ ...fields })),
  }
}
