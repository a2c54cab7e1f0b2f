import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { UnexpectedError } from '@shardline/core'
import type { Protection } from '../link/link-results.ts'

/** What a stage's process is told. */
export interface StageInit {
  readonly kind: 'worker' | 'validator'
  readonly protection: Protection
  /** File or folder. */
  readonly model: string
  readonly threads: number
  readonly cacheFolder: string
}

/** A stage's process. */
export interface StageProcess extends AsyncDisposable {
  /** Where it is dialed, with its key where links are sealed. */
  readonly address: string
}

const BUILT = import.meta.url.endsWith('.js')

/** Starts `stage-process.ts`; it ends with this process at the latest. @throws UnexpectedError if it doesn't start. */
export async function startStage(init: StageInit): Promise<StageProcess> {
  const entry = fileURLToPath(new URL(`stage-process.${BUILT ? 'js' : 'ts'}`, import.meta.url))
  const child = fork(entry, [JSON.stringify(init)])
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  const address = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve(typeof message === 'string' ? message : ''))
    child.once('exit', (code) =>
      reject(new UnexpectedError(`the ${init.kind} ended with exit code ${code} before it could be used`)),
    )
  })
  return {
    address,
    [Symbol.asyncDispose]: () => {
      if (child.connected) child.disconnect()
      return ended
    },
  }
}
