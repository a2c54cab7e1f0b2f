import type { Log, LogFields } from '@shardline/core'
import { SignedClient } from '../support/signed-client.ts'
import type { Answer, AskInit } from '../support/signed-client.ts'

/** A log that keeps every line of every level. */
export class KeptLog implements Log {
  readonly lines: string[] = []
  readonly error = (event: string, fields?: LogFields): void => this.#keep('error', event, fields)
  readonly warn = (event: string, fields?: LogFields): void => this.#keep('warn', event, fields)
  readonly info = (event: string, fields?: LogFields): void => this.#keep('info', event, fields)
  readonly debug = (event: string, fields?: LogFields): void => this.#keep('debug', event, fields)
  readonly trace = (event: string, fields?: LogFields): void => this.#keep('trace', event, fields)

  child(): Log {
    return this
  }

  #keep(level: string, event: string, fields: LogFields = {}): void {
    this.lines.push(
      JSON.stringify({ level, event, ...fields }, (_key, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      ),
    )
  }
}

/** A client that keeps every answer. */
export class RecordingClient extends SignedClient {
  readonly answers: string[] = []
  /** How often each status was answered. */
  readonly statuses: Record<number, number> = {}

  override async ask(method: string, path: string, init: AskInit = {}): Promise<Answer> {
    const answer = await super.ask(method, path, init)
    this.answers.push(`${answer.status} ${JSON.stringify([...answer.headers])} ${answer.text}`)
    this.statuses[answer.status] = (this.statuses[answer.status] ?? 0) + 1
    return answer
  }
}
