import type { EngineSpeed, RuntimeInfo } from '@shardline/engine'
import { formatBytes, formatMs, formatRate, formatTable } from '../console/format.ts'
import type { CacheFolderFacts } from './check-cache-folder.ts'
import type { PortFacts } from './check-port.ts'
import type { MachineFacts } from './machine-facts.ts'
import type { LayerSpeed } from './measure-layer.ts'

/** Something that doesn't work here. */
export interface Problem {
  readonly what: string
  readonly code: string
  readonly message: string
}

/** What `shardline doctor` found. What couldn't be measured is undefined, and a problem says why. */
export interface Diagnosis {
  readonly machine: MachineFacts
  readonly cacheFolder: CacheFolderFacts
  readonly ports: readonly PortFacts[]
  readonly runtime: RuntimeInfo | undefined
  readonly numericClass: string | undefined
  readonly speed: EngineSpeed | undefined
  readonly layer: LayerSpeed | undefined
  readonly problems: readonly Problem[]
}

/** The object that `doctor --json` prints. */
export function diagnosisToJson(diagnosis: Diagnosis): Readonly<Record<string, unknown>> {
  const { machine, cacheFolder, runtime, speed, layer } = diagnosis
  return {
    platform: machine.platform,
    architecture: machine.architecture,
    system_release: machine.systemRelease,
    node_version: machine.nodeVersion,
    processor: machine.processor,
    cores: { available: machine.cores.available, total: machine.cores.total },
    memory: { total_bytes: machine.memory.totalBytes, available_bytes: machine.memory.availableBytes },
    load_average: machine.loadAverage,
    busy_share: machine.busyShare,
    is_sharing_cores: machine.isSharingCores,
    cache: {
      path: cacheFolder.path,
      is_writable: cacheFolder.isWritable,
      free_bytes: cacheFolder.freeBytes ?? null,
    },
    ports: diagnosis.ports.map((port) => ({ port: port.port, is_free: port.isFree })),
    engine:
      runtime === undefined ? null : { name: 'ONNX Runtime', version: runtime.version, path: runtime.path },
    numeric_class: diagnosis.numericClass ?? null,
    speed:
      speed === undefined
        ? null
        : {
            decode_ms: speed.decodeMs,
            prefill_ms: speed.prefillMs,
            layer_ms: speed.layerMs,
            run_ms: speed.runMs,
          },
    layer:
      layer === undefined
        ? null
        : {
            model: layer.model,
            layer: layer.layer,
            packed_bytes: layer.packedBytes,
            decode_ms: layer.decodeMs,
            prefill_ms: layer.prefillMs,
            prefill_rows: layer.prefillRows,
          },
    problems: diagnosis.problems,
  }
}

/** The same for people. */
export function diagnosisToText(diagnosis: Diagnosis, bold: (text: string) => string): string {
  const rows = [...machineRows(diagnosis), ...engineRows(diagnosis)]
  const text = formatTable(rows)
  const { problems } = diagnosis
  if (problems.length === 0) return `${text}\n${bold('Everything works here.')}\n`
  const lines = problems.map((problem) => `  ${problem.what}: ${problem.message} (${problem.code})\n`)
  return `${text}\n${bold('Not everything works here:')}\n${lines.join('')}`
}

type Rows = readonly (readonly string[])[]

function machineRows({ machine, cacheFolder, ports }: Diagnosis): Rows {
  const { cores, memory } = machine
  const busy = `${Math.round(machine.busyShare * 100)} % busy with other work`
  const free = cacheFolder.freeBytes === undefined ? 'unknown' : formatBytes(cacheFolder.freeBytes)
  return [
    [
      'system',
      `${machine.platform} ${machine.systemRelease}, ${machine.architecture}, Node ${machine.nodeVersion}`,
    ],
    ['processor', machine.processor],
    [
      'cores',
      `${cores.available} available of ${cores.total}; ${busy}${machine.isSharingCores ? ': shared' : ''}`,
    ],
    ['memory', `${formatBytes(memory.availableBytes)} available of ${formatBytes(memory.totalBytes)}`],
    ['cache', `${cacheFolder.path}, ${free} free${cacheFolder.isWritable ? '' : ', NOT WRITABLE'}`],
    ['ports', ports.map((port) => `${port.port} ${port.isFree ? 'free' : 'in use'}`).join(', ')],
  ]
}

function engineRows({ runtime, numericClass, speed, layer }: Diagnosis): Rows {
  const rows: (readonly string[])[] = [
    ['engine', runtime === undefined ? 'not available' : `ONNX Runtime ${runtime.version}`],
    ['numeric class', numericClass ?? 'not measured'],
  ]
  if (speed !== undefined) {
    const each = `${formatMs(speed.decodeMs)} decoding, ${formatMs(speed.prefillMs)} prefilling`
    rows.push(['speed', `a billion multiply-adds take ${each}`])
  }
  if (layer !== undefined) {
    const perSecond = `${formatRate(1000 / layer.decodeMs)} tokens/s`
    const prefill = `${formatRate((1000 * layer.prefillRows) / layer.prefillMs)} tokens/s in a prompt`
    rows.push(['one layer', `${layer.model}: ${formatMs(layer.decodeMs)} a token (${perSecond}), ${prefill}`])
  }
  return rows
}
