import { availableParallelism } from 'node:os'
import process from 'node:process'
import type { Clock } from '@shardline/core'
import { measureNumericClass, measureSpeed } from '@shardline/engine'
import type { EngineOptions, EngineSpeed } from '@shardline/engine'

/** What a node knows of the machine that it runs on. */
export interface Machine {
  /** Threads of one run. */
  readonly threads: number
  /** Id of the class of machines that compute the same bits; measured once. */
  numericClass(): Promise<string>
  /** Milliseconds for a billion multiply-adds; measured once. */
  speed(): Promise<EngineSpeed>
  /** Bytes that a plan may use, and that the process holds now. */
  memory(): { readonly freeBytes: number; readonly residentBytes: number }
}

/** This machine, measured through the engine when somebody asks for the first time. */
export function localMachine(components: { readonly clock: Clock }, options: EngineOptions = {}): Machine {
  const numericClass = once(() => measureNumericClass(options))
  const speed = once(() => measureSpeed(components.clock, options))
  return {
    threads: options.threads ?? availableParallelism(),
    numericClass,
    speed,
    memory: () => ({ freeBytes: process.availableMemory(), residentBytes: process.memoryUsage.rss() }),
  }
}

/** Shares one attempt; a failed one is tried again. */
function once<T>(attempt: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  return () => {
    running ??= attempt().catch((cause: unknown) => {
      running = undefined
      throw cause
    })
    return running
  }
}
