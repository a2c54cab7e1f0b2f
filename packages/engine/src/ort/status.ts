import { RuntimeCallError } from '../errors.ts'
import type { OrtFunctionName } from './api.ts'
import type { Pointer, PointerOut, StatusPointer } from './pointer.ts'
import { ortLibrary } from './library.ts'

/**
 * Reads and releases the status of a call.
 *
 * @throws RuntimeCallError with ONNX Runtime's message if the call failed.
 */
export function check(call: OrtFunctionName, status: StatusPointer): void {
  if (status === null) return
  const { api } = ortLibrary()
  const message = api.GetErrorMessage(status)
  api.ReleaseStatus(status)
  throw new RuntimeCallError(call, message)
}

/**
 * Makes a call that fills one pointer and returns it.
 *
 * @throws RuntimeCallError if the call failed or filled nothing.
 */
export function create(call: OrtFunctionName, invoke: (out: PointerOut) => StatusPointer): Pointer {
  const out: PointerOut = [null]
  check(call, invoke(out))
  if (out[0] === null) throw new RuntimeCallError(call, 'nothing was created')
  return out[0]
}
