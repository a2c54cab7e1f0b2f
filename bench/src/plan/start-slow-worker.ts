import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { UnexpectedError } from '@shardline/core'

/** A slow worker's process. */
export interface SlowWorker extends AsyncDisposable {
  /** Where it is dialed. */
  readonly address: string
}

/** How slow it is, and of which model it serves layers. */
export interface SlowWorkerInit {
  readonly model: string
  readonly cacheFolder: string
  /** How many times as long it takes. */
  readonly slowness: number
}

/** Starts `slow-worker.ts`; it ends with this process at the latest. @throws UnexpectedError if it doesn't start. */
export async function startSlowWorker(init: SlowWorkerInit): Promise<SlowWorker> {
  const entry = fileURLToPath(new URL('slow-worker.js', import.meta.url))
  const child = fork(entry, [init.model, init.cacheFolder, String(init.slowness)])
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  const address = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve(typeof message === 'string' ? message : ''))
    child.once('exit', (code) => reject(new UnexpectedError(`the slow worker ended with exit code ${code}`)))
  })
  return {
    address,
    [Symbol.asyncDispose]: () => {
      if (child.connected) child.disconnect()
      return ended
    },
  }
}
