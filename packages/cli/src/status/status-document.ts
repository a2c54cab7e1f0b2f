/**
 * What `GET /v1/status` answers: numbers, ids and addresses of the roles of one process. Never prompts, texts or token ids.
 * Names are as in JSON; times are milliseconds, null is what isn't known.
 */
export interface StatusDocument {
  /** Of this shape; it rises when something that is here means something else. */
  readonly version: 1
  /** Name and version of the program. */
  readonly software: string
  /** Wall clock when it was asked. */
  readonly time_ms: number
  /** Since the status is served. */
  readonly up_ms: number
  /** Memory of the process, in bytes. */
  readonly resident_bytes: number
  readonly roles: readonly RoleStatusDocument[]
}

/** One role of the process. */
export type RoleStatusDocument = DriverStatus | StageStatus | RelayStatus

/** A driver. */
export interface DriverStatus {
  readonly role: 'driver'
  readonly party: string
  /** Where users dial it; null if it answers nobody but its own terminal. */
  readonly address: string | null
  /** Null if it answers nobody but its own terminal; the next three too. */
  readonly answers: AnswersStatus | null
  readonly tokens: TokensStatus | null
  /** Links of users. */
  readonly links: number | null
  /** Answers that are out and that the market hasn't taken yet. */
  readonly deliveries_pending: number | null
  readonly pipelines: readonly PipelineStatus[]
  readonly earnings: EarningsStatus | null
  /** For people: nodes that are missing or passed over, and why. @default none */
  readonly notes?: readonly string[]
}

/** Answers of a driver. */
export interface AnswersStatus {
  readonly running: number
  readonly waiting: number
  /** Those that run or wait, by the count that bounds them. */
  readonly open: number
  /** Since it started. */
  readonly answered: number
  /** Refused and failed ones since it started, by error code. */
  readonly failed: Readonly<Record<string, number>>
}

/** Tokens that came out. */
export interface TokensStatus {
  readonly total: number
  readonly per_second_10s: number
  readonly per_second_60s: number
}

/** A pipeline of a driver. */
export interface PipelineStatus {
  /** Name that users ask for. */
  readonly model: string
  readonly id: string | null
  readonly epoch: number | null
  /** Whether it works; one that broke is formed anew in the background. */
  readonly is_up: boolean
  /** Error code of what broke it. */
  readonly failure: string | null
  readonly answers_running: number | null
  readonly answers_waiting: number | null
  readonly tokens: TokensStatus | null
  readonly repairs: RepairsStatus
  readonly token_ms: TokenMsStatus
  readonly stages: readonly PipelineStageStatus[]
  readonly spares: readonly SpareStatus[]
}

/** What was repaired since the pipeline was formed. */
export interface RepairsStatus {
  readonly done: number
  readonly failed: number
  readonly replaced_stages: number
  readonly restarted_sessions: number
  readonly replayed_rows: number
  readonly last_ms: number | null
}

/** One token of one stream. */
export interface TokenMsStatus {
  /** From the nodes' probes. */
  readonly planned: number | null
  /** From the loaded stages. */
  readonly predicted: number | null
  /** Median of the latest decode steps. */
  readonly measured: number | null
}

/** Layers from `first` on. */
export interface LayersStatus {
  readonly first: number
  readonly count: number
}

/** A stage as its driver sees it. */
export interface PipelineStageStatus {
  readonly role: 'driver' | 'worker' | 'validator'
  readonly node: string
  readonly party: string | null
  readonly layers: LayersStatus | null
  readonly address: string
  readonly numeric_class: string
  readonly packed_bytes: number
  readonly load_ms: number
  /** All rows that it ran since the pipeline was formed, and the time that they took. */
  readonly rows: number
  readonly compute_ms: number
  /** Medians of the latest decode steps: a row's compute, and the time from frame in to frame out less compute. */
  readonly decode_ms: number | null
  readonly hop_ms: number | null
}

/** A node that waits to take a stage's place. */
export interface SpareStatus {
  readonly role: 'worker' | 'validator'
  readonly node: string | null
  readonly party: string | null
  readonly address: string
  /** Parts that it holds already; null is the head. None: it has to load first. */
  readonly hot: readonly (LayersStatus | null)[]
}

/** A worker or a validator. */
export interface StageStatus {
  readonly role: 'worker' | 'validator'
  readonly party: string
  readonly node: string
  readonly address: string
  readonly frames_in: number
  readonly frames_out: number
  readonly runs: number
  readonly rows: number
  readonly sessions_open: number
  readonly refusals: number
  /** Frames of an earlier epoch, which were dropped. */
  readonly stale_frames: number
  /** Rows that are kept to be sent again. */
  readonly record_bytes: number
  readonly pipelines: readonly StagePipelineStatus[]
  readonly earnings: EarningsStatus | null
  /** For people: how it stands with its driver, and why it isn't used. @default none */
  readonly notes?: readonly string[]
}

/** A pipeline that a stage has a part in. */
export interface StagePipelineStatus {
  readonly id: string
  readonly epoch: number
  readonly model: string
  readonly model_digest: string
  readonly layers: LayersStatus | null
  readonly is_ready: boolean
  readonly packed_bytes: number
}

/** A relay. */
export interface RelayStatus {
  readonly role: 'relay'
  readonly party: string
  readonly address: string
  readonly registrations: number
  readonly pipes: number
  readonly pipes_opened: number
  readonly relayed_bytes: number
  /** Dials that it refused, by reason. */
  readonly refused: Readonly<Record<string, number>>
}

/** What a party has on its market, as it was asked last. */
export interface EarningsStatus {
  readonly market: string
  /** Decimals, in microcredits; null before the market answered. */
  readonly balance_microcredits: string | null
  /** Since it started. */
  readonly earned_microcredits: string | null
}
