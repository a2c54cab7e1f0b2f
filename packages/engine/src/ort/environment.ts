import type { Pointer } from './pointer.ts'
import { ortLibrary } from './library.ts'
import { create } from './status.ts'

const LOG_LEVEL_ERROR = 3
const ALLOCATOR_DEVICE = 0
const MEMORY_DEFAULT = 0

/** What all sessions and tensors of the process share. It lives as long as the process. */
export interface OrtEnvironment {
  readonly env: Pointer
  readonly cpuMemory: Pointer
}

let environment: OrtEnvironment | undefined

/** The process's environment, made at the first call. @throws RuntimeUnavailableError, RuntimeCallError. */
export function ortEnvironment(): OrtEnvironment {
  if (environment !== undefined) return environment
  const { api } = ortLibrary()
  environment = {
    env: create('CreateEnv', (out) => api.CreateEnv(LOG_LEVEL_ERROR, 'shardline', out)),
    cpuMemory: create('CreateCpuMemoryInfo', (out) =>
      api.CreateCpuMemoryInfo(ALLOCATOR_DEVICE, MEMORY_DEFAULT, out),
    ),
  }
  return environment
}
