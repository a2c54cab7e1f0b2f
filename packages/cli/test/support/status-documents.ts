import type {
  DriverStatus,
  PipelineStageStatus,
  PipelineStatus,
  RelayStatus,
  RoleStatusDocument,
  StageStatus,
  StatusDocument,
} from '../../src/status/status-document.ts'

/** A status of these roles. */
export function statusOf(
  roles: readonly RoleStatusDocument[],
  more: Partial<StatusDocument> = {},
): StatusDocument {
  return {
    version: 1,
    software: 'shardline/0.1.0',
    time_ms: Date.UTC(2026, 0, 31, 12, 5, 9),
    up_ms: 10_000,
    resident_bytes: 256 * 1024 * 1024,
    roles,
    ...more,
  }
}

const stage = (more: Partial<PipelineStageStatus>): PipelineStageStatus => ({
  role: 'worker',
  node: 'node-1',
  party: 'shard1worker',
  layers: { first: 0, count: 4 },
  address: 'ws://10.0.0.2:7101',
  numeric_class: 'x86-64-avx2',
  packed_bytes: 3 * 1024 * 1024,
  load_ms: 100,
  rows: 1_000,
  compute_ms: 500,
  decode_ms: 0.5,
  hop_ms: 0.25,
  ...more,
})

export function pipelineStatus(more: Partial<PipelineStatus> = {}): PipelineStatus {
  return {
    model: 'storyteller',
    id: 'p1',
    epoch: 3,
    is_up: true,
    failure: null,
    answers_running: 2,
    answers_waiting: 1,
    tokens: { total: 12_345, per_second_10s: 41.25, per_second_60s: 38 },
    repairs: {
      done: 2,
      failed: 0,
      replaced_stages: 2,
      restarted_sessions: 0,
      replayed_rows: 512,
      last_ms: 480,
    },
    token_ms: { planned: 9, predicted: 8.25, measured: 7.9 },
    stages: [
      stage({ role: 'driver', node: 'driver', party: null, layers: null, address: 'local', packed_bytes: 0 }),
      stage({}),
      stage({ role: 'validator', node: 'node-2', layers: null, address: 'ws://10.0.0.3:7102' }),
    ],
    spares: [
      { role: 'worker', node: 'node-3', party: null, address: 'ws://a', hot: [{ first: 0, count: 4 }] },
      { role: 'validator', node: null, party: null, address: 'ws://b', hot: [] },
    ],
    ...more,
  }
}

export function driverStatus(more: Partial<DriverStatus> = {}): DriverStatus {
  return {
    role: 'driver',
    party: 'shard1driver',
    address: 'ws://127.0.0.1:7200',
    answers: {
      running: 2,
      waiting: 1,
      open: 3,
      answered: 120,
      failed: { DRIVER_SERVICE_BUSY: 7, CORE_ABORTED: 1 },
    },
    tokens: { total: 12_345, per_second_10s: 41.25, per_second_60s: 38 },
    links: 2,
    deliveries_pending: 1,
    pipelines: [pipelineStatus()],
    earnings: {
      market: 'http://10.0.0.1:7300',
      balance_microcredits: '33100000',
      earned_microcredits: '12500000',
    },
    ...more,
  }
}

export function stageStatus(more: Partial<StageStatus> = {}): StageStatus {
  return {
    role: 'worker',
    party: 'shard1worker',
    node: 'node-1',
    address: 'ws://10.0.0.2:7101',
    frames_in: 900,
    frames_out: 890,
    runs: 800,
    rows: 1_000,
    sessions_open: 2,
    refusals: 0,
    stale_frames: 0,
    record_bytes: 1024 * 1024,
    pipelines: [
      {
        id: 'p1',
        epoch: 3,
        model: 'storyteller',
        model_digest: 'ab'.repeat(32),
        layers: { first: 0, count: 4 },
        is_ready: true,
        packed_bytes: 3 * 1024 * 1024,
      },
    ],
    earnings: null,
    ...more,
  }
}

export const RELAY: RelayStatus = {
  role: 'relay',
  party: 'shard1relay',
  address: 'relay://10.0.0.4:7400',
  registrations: 3,
  pipes: 2,
  pipes_opened: 17,
  relayed_bytes: 5 * 1024 * 1024,
  refused: { 'not-found': 2, busy: 0 },
}
