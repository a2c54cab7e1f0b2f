import { fromUnknown } from '@shardline/core'
import { measureNumericClass, measureSpeed, runtimeInfo } from '@shardline/engine'
import type { EngineSpeed, RuntimeInfo } from '@shardline/engine'
import { openCheckpoint } from '@shardline/model'
import { Progress } from '../console/progress.ts'
import { checkCacheFolder } from '../doctor/check-cache-folder.ts'
import { checkPort } from '../doctor/check-port.ts'
import { diagnosisToJson, diagnosisToText } from '../doctor/diagnosis.ts'
import type { Diagnosis, Problem } from '../doctor/diagnosis.ts'
import { readMachineFacts } from '../doctor/machine-facts.ts'
import { measureLayer } from '../doctor/measure-layer.ts'
import type { LayerSpeed } from '../doctor/measure-layer.ts'
import { DoctorFailedError } from '../errors.ts'
import { VALIDATOR_PORT_DEFAULT, WORKER_PORT_DEFAULT } from '../limits.ts'
import { modelOrBundled } from '../options/default-model.ts'
import type { ModelOptions } from '../options/model-options.ts'
import type { OutputOptions } from '../options/output-options.ts'
import type { CommandContext } from './command-context.ts'

/** Options of `shardline doctor`. */
export type DoctorOptions = ModelOptions & OutputOptions

/**
 * Measures this machine and prints what was found.
 *
 * @throws DoctorFailedError, after printing, if something is wrong without which nothing runs.
 */
export async function runDoctor(options: DoctorOptions, context: CommandContext): Promise<void> {
  const { terminal } = context
  const diagnosis = await diagnose(options, context)
  terminal.print(
    options.json === true
      ? `${JSON.stringify(diagnosisToJson(diagnosis))}\n`
      : diagnosisToText(diagnosis, (text) => terminal.style('stdout', 'bold', text)),
  )
  if (diagnosis.problems.length > 0)
    throw new DoctorFailedError(diagnosis.problems.map((problem) => problem.what))
}

async function diagnose(options: DoctorOptions, context: CommandContext): Promise<Diagnosis> {
  const { config, clock } = context
  const problems: Problem[] = []
  const attempt = async <T>(what: string, action: () => Promise<T>): Promise<T | undefined> => {
    try {
      context.interrupt.signal.throwIfAborted()
      return await action()
    } catch (cause) {
      const error = fromUnknown(cause)
      problems.push({ what, code: error.code, message: error.message })
      return undefined
    }
  }
  // The machine first, while nothing of ours runs.
  const machine = await readMachineFacts(clock)
  const cacheFolder = await checkCacheFolder(config.cacheFolder)
  if (!cacheFolder.isWritable) {
    problems.push({
      what: 'the cache folder',
      code: 'CLI_DOCTOR_FAILED',
      message: `${cacheFolder.path} can't be written`,
    })
  }
  const ports = await Promise.all([WORKER_PORT_DEFAULT, VALIDATOR_PORT_DEFAULT].map(checkPort))
  const runtime = await attempt<RuntimeInfo>('the engine', async () => runtimeInfo())
  const measured = runtime === undefined ? undefined : await measure(options, context, attempt)
  return { machine, cacheFolder, ports, runtime, ...NOTHING_MEASURED, ...measured, problems }
}

interface Measured {
  readonly numericClass: string | undefined
  readonly speed: EngineSpeed | undefined
  readonly layer: LayerSpeed | undefined
}

const NOTHING_MEASURED: Measured = { numericClass: undefined, speed: undefined, layer: undefined }

type Attempt = <T>(what: string, action: () => Promise<T>) => Promise<T | undefined>

async function measure(options: DoctorOptions, context: CommandContext, attempt: Attempt): Promise<Measured> {
  const { config, terminal, clock, interrupt } = context
  const engine = {
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    isSpinning: options.spin,
  }
  const progress = new Progress({ terminal, clock, isShown: options.json !== true && options.quiet !== true })
  try {
    const numericClass = await attempt('the numeric class', () => measureNumericClass(engine))
    const speed = await attempt('the speed', () => measureSpeed(clock, engine))
    const layer = await attempt('a layer of the model', async () => {
      const { cacheFolder, hub } = config
      await using checkpoint = await openCheckpoint(modelOrBundled(options.model), { cacheFolder, ...hub })
      const { precision, threads, spin } = options
      const init = { precision, threads, isSpinning: spin, cacheFolder, signal: interrupt.signal }
      return await measureLayer(checkpoint, init, clock)
    })
    return { numericClass, speed, layer }
  } finally {
    progress.clear()
  }
}
