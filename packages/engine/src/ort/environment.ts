import type { Pointer } from './pointer.ts'
import { ortLibrary } from './library.ts'
import { check, create } from './status.ts'

const LOG_LEVEL_ERROR = 3
const ALLOCATOR_DEVICE = 0
const ALLOCATOR_ARENA = 1
const MEMORY_DEFAULT = 0
const ARENA_GROWS_AS_REQUESTED = 1
const ARENA_DEFAULT = -1

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
  const env = create('CreateEnv', (out) => api.CreateEnv(LOG_LEVEL_ERROR, 'shardline', out))
  const cpuMemory = create('CreateCpuMemoryInfo', (out) =>
    api.CreateCpuMemoryInfo(ALLOCATOR_DEVICE, MEMORY_DEFAULT, out),
  )
  registerArena(env)
  environment = { env, cpuMemory }
  return environment
}

/**
 * One arena for the run buffers of all sessions: each session of its own would keep the buffers of its largest run,
 * although only one of the graphs over the same weights runs at a time. It grows by what is asked for, not by doubling.
 */
function registerArena(env: Pointer): void {
  const { api } = ortLibrary()
  const memory = create('CreateCpuMemoryInfo', (out) =>
    api.CreateCpuMemoryInfo(ALLOCATOR_ARENA, MEMORY_DEFAULT, out),
  )
  const config = create('CreateArenaCfg', (out) =>
    api.CreateArenaCfg(0, ARENA_GROWS_AS_REQUESTED, ARENA_DEFAULT, ARENA_DEFAULT, out),
  )
  check('CreateAndRegisterAllocator', api.CreateAndRegisterAllocator(env, memory, config))
  api.ReleaseArenaCfg(config)
}
