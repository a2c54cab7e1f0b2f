import type { OrtFunctionName } from './api.ts'

/**
 * Position in `OrtApi` and C signature of each function that the binding uses.
 * The table of ONNX Runtime is append-only, so a position holds for all later versions.
 */
export const ORT_FUNCTIONS: Readonly<Record<OrtFunctionName, readonly [number, string]>> = {
  GetErrorMessage: [2, 'const char* f(void* status)'],
  CreateEnv: [3, 'void* f(int level, const char* id, _Out_ void** env)'],
  CreateSessionOptions: [10, 'void* f(_Out_ void** options)'],
  DisableMemPattern: [17, 'void* f(void* options)'],
  SetSessionGraphOptimizationLevel: [23, 'void* f(void* options, int level)'],
  SetIntraOpNumThreads: [24, 'void* f(void* options, int threads)'],
  SetInterOpNumThreads: [25, 'void* f(void* options, int threads)'],
  CreateTensorWithDataAsOrtValue: [
    49,
    'void* f(void* info, void* data, size_t bytes, const int64_t* shape, size_t rank, int type, _Out_ void** value)',
  ],
  CreateCpuMemoryInfo: [69, 'void* f(int allocator, int memory, _Out_ void** info)'],
  ReleaseStatus: [93, 'void f(void* status)'],
  ReleaseSession: [95, 'void f(void* session)'],
  ReleaseValue: [96, 'void f(void* value)'],
  ReleaseSessionOptions: [100, 'void f(void* options)'],
  AddSessionConfigEntry: [130, 'void* f(void* options, const char* key, const char* value)'],
  RunWithBinding: [133, 'void* f(void* session, void* runOptions, void* binding)'],
  CreateIoBinding: [134, 'void* f(void* session, _Out_ void** binding)'],
  ReleaseIoBinding: [135, 'void f(void* binding)'],
  BindInput: [136, 'void* f(void* binding, const char* name, void* value)'],
  BindOutput: [137, 'void* f(void* binding, const char* name, void* value)'],
  CreateAndRegisterAllocator: [144, 'void* f(void* env, void* info, void* config)'],
  AddInitializer: [150, 'void* f(void* options, const char* name, void* value)'],
  CreateArenaCfg: [
    156,
    'void* f(size_t maxBytes, int strategy, int initialChunkBytes, int maxDeadBytes, _Out_ void** config)',
  ],
  ReleaseArenaCfg: [157, 'void f(void* config)'],
  CreatePrepackedWeightsContainer: [166, 'void* f(_Out_ void** container)'],
  ReleasePrepackedWeightsContainer: [167, 'void f(void* container)'],
  CreateSessionFromArrayWithPrepackedWeightsContainer: [
    169,
    'void* f(void* env, void* model, size_t bytes, void* options, void* container, _Out_ void** session)',
  ],
}
