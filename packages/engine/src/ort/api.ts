import type { Pointer, PointerOut, StatusPointer } from './pointer.ts'

/** A buffer whose address is handed to ONNX Runtime, or an address itself. */
export type NativeData = ArrayBufferView | Pointer

type Signatures = {
  GetErrorMessage: (status: Pointer) => string
  CreateEnv: (level: number, id: string, env: PointerOut) => StatusPointer
  CreateSessionOptions: (options: PointerOut) => StatusPointer
  DisableMemPattern: (options: Pointer) => StatusPointer
  SetSessionGraphOptimizationLevel: (options: Pointer, level: number) => StatusPointer
  SetIntraOpNumThreads: (options: Pointer, threads: number) => StatusPointer
  SetInterOpNumThreads: (options: Pointer, threads: number) => StatusPointer
  CreateTensorWithDataAsOrtValue: (
    info: Pointer,
    data: NativeData,
    bytes: number,
    shape: BigInt64Array,
    rank: number,
    type: number,
    value: PointerOut,
  ) => StatusPointer
  CreateCpuMemoryInfo: (allocator: number, memory: number, info: PointerOut) => StatusPointer
  ReleaseStatus: (status: Pointer) => void
  ReleaseSession: (session: Pointer) => void
  ReleaseValue: (value: Pointer) => void
  ReleaseSessionOptions: (options: Pointer) => void
  AddSessionConfigEntry: (options: Pointer, key: string, value: string) => StatusPointer
  RunWithBinding: (session: Pointer, runOptions: null, binding: Pointer) => StatusPointer
  CreateIoBinding: (session: Pointer, binding: PointerOut) => StatusPointer
  ReleaseIoBinding: (binding: Pointer) => void
  BindInput: (binding: Pointer, name: string, value: Pointer) => StatusPointer
  BindOutput: (binding: Pointer, name: string, value: Pointer) => StatusPointer
  CreateAndRegisterAllocator: (env: Pointer, info: Pointer, config: Pointer) => StatusPointer
  CreateArenaCfg: (
    maxBytes: number,
    strategy: number,
    initialChunkBytes: number,
    maxDeadBytes: number,
    config: PointerOut,
  ) => StatusPointer
  ReleaseArenaCfg: (config: Pointer) => void
  AddInitializer: (options: Pointer, name: string, value: Pointer) => StatusPointer
  CreatePrepackedWeightsContainer: (container: PointerOut) => StatusPointer
  ReleasePrepackedWeightsContainer: (container: Pointer) => void
  CreateSessionFromArrayWithPrepackedWeightsContainer: (
    env: Pointer,
    model: Uint8Array,
    bytes: number,
    options: Pointer,
    container: Pointer,
    session: PointerOut,
  ) => StatusPointer
}

/** A native function that can also run on a worker thread of the process. */
type Native<F extends (...args: never[]) => unknown> = F & {
  async: (...args: [...Parameters<F>, (error: Error | null, result: ReturnType<F>) => void]) => void
}

/** Name of a function that the binding uses. */
export type OrtFunctionName = keyof Signatures

/** The functions of ONNX Runtime's C API that the binding uses. */
export type OrtApi = { readonly [Name in OrtFunctionName]: Native<Signatures[Name]> }
