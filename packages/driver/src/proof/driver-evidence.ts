import { EvidenceBook, hiddenRows } from '@shardline/node'
import type { SessionEvidence } from '@shardline/node'
import type { Round } from '../scheduler.ts'

/** Options of a {@link DriverEvidence}. */
export interface DriverEvidenceInit {
  readonly pipeline: string
  readonly hiddenSize: number
  /** Closed sessions that are kept. */
  readonly sessionsMax: number
}

/** What the driver keeps of proven sessions: hashes of the embedding rows that it sent, and where validators took over. */
export class DriverEvidence {
  readonly #init: DriverEvidenceInit
  readonly #book: EvidenceBook
  /** By session: position of the first row that its validator must have seen. */
  readonly #resumed = new Map<string, number>()
  /** By session: the name under which it began again. */
  readonly #renamed = new Map<string, string>()

  constructor(init: DriverEvidenceInit) {
    this.#init = init
    this.#book = new EvidenceBook(init)
  }

  /** Adds the rows of a round, `payload` as it is sent. A session begins with its first row. */
  record({ segments }: Pick<Round, 'segments'>, payload: Float32Array): void {
    const { pipeline, hiddenSize } = this.#init
    let first = 0
    for (const { session, position, ids } of segments) {
      const start = first * hiddenSize
      first += ids.length
      if (!session.isProven) continue
      const key = { pipeline, id: session.id }
      if (position === 0 && this.#book.digests(key) === undefined) this.#book.open(key)
      const given = hiddenRows(payload.subarray(start), hiddenSize)
      this.#book.digests(key)?.add({ position, rows: ids.length, taken: undefined, given })
    }
  }

  /** Another validator took the session over: it has not seen the rows before `position`. */
  resume(session: string, position: number): void {
    this.#remember(this.#resumed, session, Math.max(position, this.resumedAt(session)))
  }

  /** Position of the first row that the session's validator must have seen. */
  resumedAt(session: string): number {
    return this.#resumed.get(session) ?? 0
  }

  /** The session begins again under another name, with all of its rows. */
  rename(before: string, after: string): void {
    this.drop(before)
    this.#remember(this.#renamed, before, after)
  }

  /** The latest name of a session. */
  nameOf(session: string): string {
    let name = session
    for (let next = this.#renamed.get(name); next !== undefined; next = this.#renamed.get(name)) name = next
    return name
  }

  /** No more rows come. */
  close(session: string): void {
    this.#book.close({ pipeline: this.#init.pipeline, id: session })
  }

  /** The session failed: nothing of it is paid. */
  drop(session: string): void {
    this.#book.drop({ pipeline: this.#init.pipeline, id: session })
    this.#resumed.delete(session)
  }

  /** @throws EvidenceMissingError if nothing of the session is kept. */
  get(session: string): SessionEvidence {
    return this.#book.get({ pipeline: this.#init.pipeline, id: session })
  }

  /** As few sessions are remembered as evidence is kept of. */
  #remember<T>(map: Map<string, T>, session: string, value: T): void {
    map.delete(session)
    map.set(session, value)
    for (const oldest of map.keys()) {
      if (map.size <= this.#init.sessionsMax) break
      map.delete(oldest)
    }
  }
}
