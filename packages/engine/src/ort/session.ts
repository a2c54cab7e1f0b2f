import { ortEnvironment } from './environment.ts'
import type { Pointer } from './pointer.ts'
import { ortLibrary } from './library.ts'
import { NativeResource } from './native-resource.ts'
import { check, create } from './status.ts'
import type { Tensor, TensorType } from './tensor.ts'
import { unreadFileFolder } from './unread-file.ts'
import type { WeightStore } from './weight-store.ts'

/** One input or output of a graph: a number is a fixed size, a string names a size that all its uses share in one run. */
export interface GraphPort {
  readonly name: string
  readonly type: TensorType
  readonly shape: readonly (number | string)[]
}

/** A graph, encoded, and what it takes and gives. */
export interface Graph {
  readonly model: Uint8Array
  readonly inputs: readonly GraphPort[]
  readonly outputs: readonly GraphPort[]
  /** Names of the weights that it takes from a {@link WeightStore}. */
  readonly weights: readonly string[]
}

/** Options of a session. */
export interface SessionOptions {
  readonly threads: number
  /** Whether threads spin during a run; they never do between runs. */
  readonly isSpinning: boolean
  /** Whether its run buffers are its own and go with it, and not the process's arena, which stays. @default false */
  readonly hasOwnBuffers?: boolean
}

/**
 * How long a thread spins for work before it sleeps, in microseconds. The steps of a run that use one thread take less,
 * so that threads stay awake through a run; and where other processes need the cores, little is lost to spinning.
 */
const SPIN_US_MAX = 50

/** A graph ready to run. It borrows its weights, which must have been put into the store before. */
export class OrtSession implements Disposable {
  readonly graph: Graph
  readonly native: NativeResource

  private constructor(graph: Graph, native: NativeResource) {
    this.graph = graph
    this.native = native
  }

  /**
   * Builds a session on a thread of its own, so that the event loop stays free.
   *
   * @throws RuntimeCallError if ONNX Runtime refuses the graph.
   */
  static async create(graph: Graph, weights: WeightStore, options: SessionOptions): Promise<OrtSession> {
    const { api } = ortLibrary()
    const { env } = ortEnvironment()
    const borrowed: Tensor[] = graph.weights.map((name) => weights.get(name))
    const sessionOptions = createOptions(options)
    try {
      for (const [index, tensor] of borrowed.entries()) {
        const name = graph.weights[index] ?? ''
        check('AddInitializer', api.AddInitializer(sessionOptions, name, tensor.native.pointer))
      }
      const pointer = await createAsync({ env, graph, sessionOptions, container: weights.container.pointer })
      for (const tensor of borrowed) tensor.native.borrow()
      weights.container.borrow()
      const native = new NativeResource('a session', pointer, (session) => {
        api.ReleaseSession(session)
        for (const tensor of borrowed) tensor.native.giveBack()
        weights.container.giveBack()
      })
      return new OrtSession(graph, native)
    } finally {
      api.ReleaseSessionOptions(sessionOptions)
    }
  }

  dispose(): void {
    this.native.dispose()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }
}

function createOptions(options: SessionOptions): Pointer {
  const { api } = ortLibrary()
  const pointer = create('CreateSessionOptions', (out) => api.CreateSessionOptions(out))
  check('SetIntraOpNumThreads', api.SetIntraOpNumThreads(pointer, options.threads))
  check('SetInterOpNumThreads', api.SetInterOpNumThreads(pointer, 1))
  // The graph is built as it shall run: fusions found by an optimizer could differ from one cut of the layers to another.
  check('SetSessionGraphOptimizationLevel', api.SetSessionGraphOptimizationLevel(pointer, 0))
  // Row counts change from run to run; a memory pattern would be kept for each of them.
  check('DisableMemPattern', api.DisableMemPattern(pointer))
  const entries = {
    'session.intra_op.allow_spinning': options.isSpinning ? '1' : '0',
    'session.intra_op.spin_duration_us': String(SPIN_US_MAX),
    'session.force_spinning_stop': '1',
    'session.use_env_allocators': options.hasOwnBuffers === true ? '0' : '1',
    'session.model_external_initializers_file_folder_path': unreadFileFolder(),
  }
  for (const [key, value] of Object.entries(entries)) {
    check('AddSessionConfigEntry', api.AddSessionConfigEntry(pointer, key, value))
  }
  return pointer
}

function createAsync(init: {
  readonly env: Pointer
  readonly graph: Graph
  readonly sessionOptions: Pointer
  readonly container: Pointer
}): Promise<Pointer> {
  const { api } = ortLibrary()
  const { env, graph, sessionOptions, container } = init
  return new Promise((resolve, reject) => {
    const out: [Pointer | null] = [null]
    api.CreateSessionFromArrayWithPrepackedWeightsContainer.async(
      env,
      graph.model,
      graph.model.byteLength,
      sessionOptions,
      container,
      out,
      (error, status) => {
        try {
          if (error !== null) throw error
          resolve(
            create('CreateSessionFromArrayWithPrepackedWeightsContainer', (result) => {
              result[0] = out[0]
              return status
            }),
          )
        } catch (cause) {
          reject(cause as Error)
        }
      },
    )
  })
}
