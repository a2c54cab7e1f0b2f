import type { LayerRange } from '@shardline/core'
import type { Precision } from '@shardline/model'
import { Option } from 'commander'
import type { Command } from 'commander'
import { CONTEXT_TOKENS_MAX, LOCAL_WORKERS_MAX, PREFILL_CHUNK_ROWS_MAX, THREADS_MAX } from '../limits.ts'
import { parseLayerList } from './parse-layers.ts'
import { integerWithin } from './parse-number.ts'

/** Which model, and how it is held and computed. */
export interface ModelOptions {
  readonly model: string | undefined
  readonly precision: Precision
  readonly threads: number | undefined
  /** False with `--no-spin`. */
  readonly spin: boolean
}

/** How a model is spread over processes of this machine. */
export interface PipelineOptions extends ModelOptions, SessionOptions {
  readonly workers: number
  readonly layers: readonly LayerRange[] | undefined
}

/** How long sessions may get, and how prompts travel. */
export interface SessionOptions {
  readonly context: number | undefined
  readonly prefillChunk: number | 'all' | undefined
}

/** Adds `--model`; without it, a command takes `otherwise`. */
export function addModelOption(command: Command, otherwise = 'the bundled storyteller'): Command {
  return command.option(
    '-m, --model <reference>',
    `folder, .gguf file, http(s) address or hub id such as org/name (default: ${otherwise})`,
  )
}

/** Adds `--precision`; without it, a command takes what the file has. */
export function addPrecisionOption(command: Command): Command {
  return command.addOption(
    precisionOption('how weights are held: auto keeps what the file has').default('auto'),
  )
}

/** Adds `--precision` to a command that takes what it is asked for without it. */
export function addFixedPrecisionOption(command: Command): Command {
  return command.addOption(precisionOption('the only precision to serve (default: what the driver asks for)'))
}

function precisionOption(description: string): Option {
  return new Option('--precision <kind>', description).choices(['auto', 'int4', 'int8', 'f32'])
}

/** Adds `--threads` and `--no-spin`. */
export function addThreadOptions(command: Command): Command {
  return command
    .option(
      '--threads <n>',
      'threads of one run in each process (default: all available cores)',
      integerWithin({ min: 1, max: THREADS_MAX }),
    )
    .option(
      '--no-spin',
      'threads sleep at once when a run has no work for them (default: they wait up to 50 us)',
    )
}

/** Adds `--model`, `--precision`, `--threads` and `--no-spin`. */
export function addModelOptions(command: Command): Command {
  return addThreadOptions(addPrecisionOption(addModelOption(command)))
}

/** Adds `--context` and `--prefill-chunk`. */
export function addSessionOptions(command: Command): Command {
  return command
    .option(
      '--context <tokens>',
      "longest session in tokens (default: the model's own length)",
      integerWithin({ min: 2, max: CONTEXT_TOKENS_MAX }),
    )
    .option(
      '--prefill-chunk <rows>',
      "prompt rows that travel in one frame at the most, or all (default: the driver's, 128)",
      parsePrefillChunk,
    )
}

/** How many workers a command starts. */
export interface WorkersInit {
  readonly workersDefault: number
  /** 0 if the command can run everything in its own process. */
  readonly workersMin: 0 | 1
}

/** Adds everything that shapes a local pipeline. */
export function addPipelineOptions(command: Command, init: WorkersInit): Command {
  const { workersDefault, workersMin } = init
  const zero = workersMin === 0 ? '; 0 runs everything in this process' : ''
  addModelOptions(command)
    .addOption(
      new Option('-w, --workers <n>', `worker processes${zero}`)
        .argParser(integerWithin({ min: workersMin, max: LOCAL_WORKERS_MAX }))
        .default(workersDefault),
    )
    .option(
      '--layers <ranges>',
      'layers of each worker in order, such as 0-3,4-7 (default: planned by measured speed and free memory)',
      parseLayerList,
    )
  return addSessionOptions(command)
}

function parsePrefillChunk(text: string): number | 'all' {
  return text === 'all' ? text : integerWithin({ min: 1, max: PREFILL_CHUNK_ROWS_MAX })(text)
}
