import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { textField } from './json-value.ts'
import { runCommand } from './run-command.ts'

/** Instruction sets that matter to the kernels, under their names in `/proc/cpuinfo`. */
const FLAGS_OF_INTEREST = [
  'sse4_2',
  'avx',
  'f16c',
  'fma',
  'avx2',
  'avx_vnni',
  'avx512f',
  'avx512bw',
  'avx512_vnni',
  'avx512_bf16',
  'amx_int8',
  'asimddp',
  'i8mm',
  'sve',
  'bf16',
] as const

/** The machine that results were taken on. */
export interface Machine {
  readonly cpuModel: string
  readonly cores: number
  /** Instruction sets of interest that it has; empty where the system doesn't say. */
  readonly cpuFlags: readonly string[]
  readonly memoryGib: number
  readonly platform: string
  /** Load average over one minute before the first run: other work on the machine. */
  readonly loadBefore: number
  readonly node: string
  /** Versions of the packages that compute. */
  readonly runtimes: Readonly<Record<string, string>>
  /** Commit of this repository; `unknown` outside of one. */
  readonly commit: string
}

/** What computes in the benchmarks of pipelines. */
const PIPELINE_RUNTIMES = ['onnxruntime-node', 'koffi'] as const

/** Describes this machine, with the versions of the packages that compute. */
export async function describeMachine(runtimes: readonly string[] = PIPELINE_RUNTIMES): Promise<Machine> {
  const versions = runtimes.map(async (name) => [name, await packageVersion(name)] as const)
  return {
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    cpuFlags: flagsOfInterest(await readFile('/proc/cpuinfo', 'utf8').catch(() => '')),
    memoryGib: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    platform: `${process.platform} ${process.arch}`,
    loadBefore: loadavg()[0] ?? 0,
    node: process.version,
    runtimes: Object.fromEntries(await Promise.all(versions)),
    commit: await readCommit(),
  }
}

/** Flags of interest in the text of `/proc/cpuinfo`, which calls them `flags` on x86 and `Features` on Arm. */
export function flagsOfInterest(cpuinfo: string): readonly string[] {
  const line = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1] ?? ''
  const flags = new Set(line.trim().split(/\s+/))
  return FLAGS_OF_INTEREST.filter((flag) => flags.has(flag))
}

/** Looks upwards from the package's entry, as many packages don't let their manifest be imported. */
async function packageVersion(name: string): Promise<string> {
  let folder = folderOfEntry(name)
  while (basename(folder) !== 'node_modules' && dirname(folder) !== folder) {
    const manifest: unknown = await readFile(join(folder, 'package.json'), 'utf8').then(
      JSON.parse,
      () => undefined,
    )
    if (textField(manifest, 'name') === name) return textField(manifest, 'version')
    folder = dirname(folder)
  }
  return 'unknown'
}

function folderOfEntry(name: string): string {
  try {
    return dirname(fileURLToPath(import.meta.resolve(name)))
  } catch {
    return '/'
  }
}

async function readCommit(): Promise<string> {
  try {
    const commit = (await runCommand({ command: 'git', args: ['rev-parse', '--short', 'HEAD'] })).trim()
    const changes = await runCommand({
      command: 'git',
      args: ['status', '--porcelain', '--untracked-files=no'],
    })
    return changes.trim() === '' ? commit : `${commit} with local changes`
  } catch {
    return 'unknown'
  }
}
