import { EvidenceMissingError } from '../errors.ts'
import type { RowDigests } from './row-digests.ts'
import { SessionEvidence } from './session-evidence.ts'

/** Which session it is about. */
interface EvidenceKey {
  readonly pipeline: string
  /** The id on the wire. */
  readonly id: string
}

/** Options of an {@link EvidenceBook}. */
export interface EvidenceBookInit {
  /** Closed sessions that are kept for each pipeline; one more drops the one that closed first. */
  readonly sessionsMax: number
}

interface PipelineEvidence {
  /** Sessions whose rows come. */
  readonly open: Map<string, SessionEvidence>
  /** In order of their close. */
  readonly closed: Map<string, SessionEvidence>
}

/** What a stage can sign receipts for: hashes of proven sessions, by pipeline, beyond the close of each. */
export class EvidenceBook {
  readonly #sessionsMax: number
  readonly #pipelines = new Map<string, PipelineEvidence>()

  constructor(init: EvidenceBookInit) {
    this.#sessionsMax = init.sessionsMax
  }

  /** Begins with a session, which is proven from its first row; what was kept of an earlier one under its id is forgotten. */
  open({ pipeline, id }: EvidenceKey): void {
    const known: PipelineEvidence = this.#pipelines.get(pipeline) ?? { open: new Map(), closed: new Map() }
    this.#pipelines.set(pipeline, known)
    known.closed.delete(id)
    known.open.set(id, new SessionEvidence())
  }

  /** Where the rows of an open session are added; undefined if it isn't proven. */
  digests({ pipeline, id }: EvidenceKey): RowDigests | undefined {
    return this.#pipelines.get(pipeline)?.open.get(id)?.digests
  }

  /** No more rows come; nothing if the session isn't proven. */
  close({ pipeline, id }: EvidenceKey): void {
    const known = this.#pipelines.get(pipeline)
    const evidence = known?.open.get(id)
    if (known === undefined || evidence === undefined) return
    evidence.seal()
    known.open.delete(id)
    known.closed.set(id, evidence)
    for (const oldest of known.closed.keys()) {
      if (known.closed.size <= this.#sessionsMax) break
      known.closed.delete(oldest)
    }
  }

  /**
   * What is kept of a session.
   *
   * @throws EvidenceMissingError if it wasn't proven, was never here, or was dropped.
   */
  get({ pipeline, id }: EvidenceKey): SessionEvidence {
    const known = this.#pipelines.get(pipeline)
    const evidence = known?.open.get(id) ?? known?.closed.get(id)
    if (evidence === undefined) throw new EvidenceMissingError(pipeline, id)
    return evidence
  }

  /** Forgets one session, which failed. */
  drop({ pipeline, id }: EvidenceKey): void {
    const known = this.#pipelines.get(pipeline)
    known?.open.delete(id)
    known?.closed.delete(id)
  }

  /** Forgets a pipeline that is over. */
  forget(pipeline: string): void {
    this.#pipelines.delete(pipeline)
  }
}
