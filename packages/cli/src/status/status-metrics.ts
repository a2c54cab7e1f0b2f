import { Counter, Gauge, Registry } from 'prom-client'
import type {
  DriverStatus,
  EarningsStatus,
  PipelineStatus,
  RelayStatus,
  StageStatus,
  StatusDocument,
} from './status-document.ts'

/** Metrics of a process as Prometheus reads them. */
export interface MetricsText {
  readonly text: string
  readonly contentType: string
}

/** Labels are models, roles, places, error codes and reasons: nothing that a caller could make up, and nothing that names anybody. */
type Labels = Readonly<Record<string, string | number>>

const MICRO = 1e6

/** Name behind the prefix, and help. */
type Metric = readonly [string, string]

/** Collects the values of one scrape. */
class Scrape {
  readonly registry = new Registry()
  readonly #prefix: string
  readonly #gauges = new Map<string, Gauge>()
  readonly #counters = new Map<string, Counter>()

  constructor(prefix: string, registry?: Registry) {
    this.#prefix = prefix
    if (registry !== undefined) this.registry = registry
  }

  /** A value that goes up and down; what isn't known is left out. */
  gauge([name, help]: Metric, value: number | null, labels: Labels = {}): void {
    if (value === null) return
    const full = `${this.#prefix}_${name}`
    const known = this.#gauges.get(full)
    const gauge =
      known ?? new Gauge({ name: full, help, labelNames: Object.keys(labels), registers: [this.registry] })
    this.#gauges.set(full, gauge)
    gauge.set({ ...labels }, value)
  }

  /** A value that only rises while the process lives. */
  total([name, help]: Metric, value: number, labels: Labels = {}): void {
    const full = `${this.#prefix}_${name}_total`
    const known = this.#counters.get(full)
    const counter =
      known ?? new Counter({ name: full, help, labelNames: Object.keys(labels), registers: [this.registry] })
    this.#counters.set(full, counter)
    counter.inc({ ...labels }, value)
  }
}

/** The status of a process in the form that Prometheus reads; docs/operating/metrics.md lists the names. */
export async function metricsOf(status: StatusDocument): Promise<MetricsText> {
  const process = new Scrape('shardline_process')
  const { registry } = process
  process.gauge(['resident_bytes', 'Memory of the process'], status.resident_bytes)
  process.gauge(['up_seconds', 'Time since the status is served'], status.up_ms / 1000)
  for (const role of status.roles) {
    const scrape = new Scrape(`shardline_${role.role}`, registry)
    if (role.role === 'driver') addDriver(scrape, role)
    else if (role.role === 'relay') addRelay(scrape, role)
    else addStage(scrape, role)
  }
  return { text: await registry.metrics(), contentType: registry.contentType }
}

function addDriver(scrape: Scrape, driver: DriverStatus): void {
  const { answers } = driver
  if (answers !== null) {
    for (const state of ['running', 'waiting', 'open'] as const)
      scrape.gauge(
        ['answers', 'Answers that run, that wait for a place, and that are open in all'],
        answers[state],
        { state },
      )
    scrape.total(['asks_answered', 'Asks that were answered'], answers.answered)
    for (const [code, count] of Object.entries(answers.failed))
      scrape.total(['asks_failed', 'Asks that were refused or failed, by error code'], count, { code })
  }
  scrape.gauge(['links', 'Links of users'], driver.links)
  scrape.gauge(
    ['deliveries_pending', "Answers that are out and that the market hasn't taken yet"],
    driver.deliveries_pending,
  )
  for (const pipeline of driver.pipelines) addPipeline(scrape, pipeline)
  addEarnings(scrape, driver.earnings)
}

function addPipeline(scrape: Scrape, pipeline: PipelineStatus): void {
  const { model, repairs, token_ms: tokenMs, tokens } = pipeline
  const labels = { model }
  if (tokens !== null) scrape.total(['tokens', 'Tokens that came out'], tokens.total, labels)
  scrape.gauge(['pipeline_up', '1 while the pipeline works'], pipeline.is_up ? 1 : 0, labels)
  scrape.gauge(
    ['pipeline_epoch', 'Rises with each repair, and when it is formed anew'],
    pipeline.epoch,
    labels,
  )
  scrape.total(['repairs', 'Repairs that succeeded, since the pipeline was formed'], repairs.done, labels)
  scrape.total(
    ['repairs_failed', 'Repairs that failed: then the pipeline is formed anew'],
    repairs.failed,
    labels,
  )
  scrape.total(['stages_replaced', 'Stages that were replaced'], repairs.replaced_stages, labels)
  scrape.total(['sessions_restarted', 'Sessions that began anew'], repairs.restarted_sessions, labels)
  scrape.total(['rows_replayed', 'Rows that the driver sent again'], repairs.replayed_rows, labels)
  scrape.gauge(['repair_last_seconds', 'Time of the latest repair'], seconds(repairs.last_ms), labels)
  for (const kind of ['planned', 'predicted', 'measured'] as const)
    scrape.gauge(['token_seconds', 'One token of one stream'], seconds(tokenMs[kind]), { model, kind })
  for (const role of ['worker', 'validator'] as const) {
    const spares = pipeline.spares.filter((spare) => spare.role === role)
    const hot = spares.filter((spare) => spare.hot.length > 0).length
    scrape.gauge(['spares', 'Nodes that stand by'], hot, { model, role, state: 'hot' })
    scrape.gauge(['spares', 'Nodes that stand by'], spares.length - hot, { model, role, state: 'cold' })
  }
  for (const [place, stage] of pipeline.stages.entries()) {
    const at = { model, role: stage.role, place }
    scrape.total(['stage_rows', 'Rows that a stage ran, by its place'], stage.rows, at)
    scrape.total(['stage_compute_seconds', 'Time that they took'], stage.compute_ms / 1000, at)
    scrape.gauge(['stage_decode_seconds', "Median of one decode row's compute"], seconds(stage.decode_ms), at)
    scrape.gauge(['stage_hop_seconds', 'Median of a hop less compute'], seconds(stage.hop_ms), at)
  }
}

function addStage(scrape: Scrape, stage: StageStatus): void {
  scrape.total(['frames_in', 'Frames that came in'], stage.frames_in)
  scrape.total(['frames_out', 'Frames that went out'], stage.frames_out)
  scrape.total(['runs', 'Runs of the engine'], stage.runs)
  scrape.total(['rows', 'Rows that it ran'], stage.rows)
  scrape.total(['refusals', 'Messages that were refused'], stage.refusals)
  scrape.total(['stale_frames', 'Frames of an earlier epoch, which were dropped'], stage.stale_frames)
  scrape.gauge(['sessions_open', 'Sessions with a cache'], stage.sessions_open)
  scrape.gauge(['record_bytes', 'Rows that are kept to be sent again'], stage.record_bytes)
  scrape.gauge(['pipelines', 'Pipelines that it has a part in'], stage.pipelines.length)
  const ready = stage.pipelines.filter(({ is_ready: isReady }) => isReady)
  scrape.gauge(['pipelines_ready', 'Those of them that are loaded and linked'], ready.length)
  addEarnings(scrape, stage.earnings)
}

function addRelay(scrape: Scrape, relay: RelayStatus): void {
  scrape.gauge(['registrations', 'Nodes that can be dialed through it'], relay.registrations)
  scrape.gauge(['pipes', 'Pipes that are open'], relay.pipes)
  scrape.total(['pipes_opened', 'Pipes that were opened'], relay.pipes_opened)
  scrape.total(['relayed_bytes', 'Bytes that were passed on'], relay.relayed_bytes)
  for (const [reason, count] of Object.entries(relay.refused))
    scrape.total(['dials_refused', 'Dials that were refused, by reason'], count, { reason })
}

function addEarnings(scrape: Scrape, earnings: EarningsStatus | null): void {
  scrape.gauge(
    ['balance_credits', 'Balance on the market'],
    creditsOf(earnings?.balance_microcredits ?? null),
  )
  scrape.gauge(
    ['earned_credits', 'Credits earned since it started'],
    creditsOf(earnings?.earned_microcredits ?? null),
  )
}

function creditsOf(microcredits: string | null): number | null {
  return microcredits === null ? null : Number(microcredits) / MICRO
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000
}
