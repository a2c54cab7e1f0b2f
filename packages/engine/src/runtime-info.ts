import { ortLibrary } from './ort/library.ts'

/** Which runtime this process computes with. */
export interface RuntimeInfo {
  /** Version of ONNX Runtime. */
  readonly version: string
  /** Path of its shared library. */
  readonly path: string
}

/** Loads the runtime and says what it is. @throws RuntimeUnavailableError. */
export function runtimeInfo(): RuntimeInfo {
  const { version, path } = ortLibrary()
  return { version, path }
}
