import { TensorMismatchError } from '../errors.ts'
import { ortEnvironment } from './environment.ts'
import type { Pointer } from './pointer.ts'
import { ortLibrary } from './library.ts'
import type { MappedFile } from './mapped-file.ts'
import { MemoryBlock } from './memory-block.ts'
import { NativeResource } from './native-resource.ts'
import { create } from './status.ts'

/** Element types that tensors here have, with ONNX's number for each and the bytes of one element. */
export const TENSOR_TYPES = {
  f32: { onnx: 1, bytes: 4 },
  u8: { onnx: 2, bytes: 1 },
  i32: { onnx: 6, bytes: 4 },
  i64: { onnx: 7, bytes: 8 },
} as const

/** Element type of a tensor. */
export type TensorType = keyof typeof TENSOR_TYPES

interface TypedArrays {
  readonly f32: Float32Array
  readonly u8: Uint8Array
  readonly i32: Int32Array
  readonly i64: BigInt64Array
}

/** Node keeps typed arrays below this size on the JS heap, where they move; ours always get a buffer of their own outside it. */
const OFF_HEAP_BYTES_MIN = 128

/** An array that ONNX Runtime reads or writes in place. It owns its memory and its native value. */
export class Tensor<T extends TensorType = TensorType> implements Disposable {
  readonly type: T
  readonly shape: readonly number[]
  readonly native: NativeResource
  /** Keeps the memory alive as long as the tensor. */
  readonly #memory: ArrayBuffer | MappedFile | MemoryBlock
  readonly #data: TypedArrays[T] | undefined

  private constructor(init: {
    readonly type: T
    readonly shape: readonly number[]
    readonly memory: ArrayBuffer | MappedFile | MemoryBlock
    readonly data: TypedArrays[T] | undefined
    readonly address: ArrayBuffer | Pointer
    readonly byteLength: number
  }) {
    this.type = init.type
    this.shape = init.shape
    this.#memory = init.memory
    this.#data = init.data
    const { api } = ortLibrary()
    const { cpuMemory } = ortEnvironment()
    const address = typeof init.address === 'bigint' ? init.address : new Uint8Array(init.address)
    const shape = BigInt64Array.from(init.shape, BigInt)
    const value = create('CreateTensorWithDataAsOrtValue', (out) =>
      api.CreateTensorWithDataAsOrtValue(
        cpuMemory,
        address,
        init.byteLength,
        shape,
        shape.length,
        TENSOR_TYPES[init.type].onnx,
        out,
      ),
    )
    // The release callback closes over the memory, so that it outlives the native value that points into it.
    const memory = this.#memory
    this.native = new NativeResource('a tensor', value, (pointer) => {
      api.ReleaseValue(pointer)
      if (memory instanceof MemoryBlock) memory.native.giveBack()
    })
  }

  /** A tensor of zeros of a shape. */
  static allocate<T extends TensorType>(type: T, shape: readonly number[]): Tensor<T> {
    const count = elementCount(shape)
    const byteLength = count * TENSOR_TYPES[type].bytes
    const memory = new ArrayBuffer(Math.max(byteLength, OFF_HEAP_BYTES_MIN))
    return new Tensor({ type, shape, memory, data: viewOf(type, memory, count), address: memory, byteLength })
  }

  /**
   * A tensor of zeros in a block of memory of its own, which goes back to the system as soon as the tensor is freed, not
   * when the collector comes by. Its elements are gone with it.
   *
   * @throws MemoryUnavailableError if the system gives no such memory.
   */
  static allocateBlock<T extends TensorType>(type: T, shape: readonly number[]): Tensor<T> {
    const count = elementCount(shape)
    const byteLength = count * TENSOR_TYPES[type].bytes
    using block = new MemoryBlock(byteLength)
    const address = block.native.pointer
    block.native.borrow()
    return new Tensor({
      type,
      shape,
      memory: block,
      data: viewOf(type, block.buffer, count),
      address,
      byteLength,
    })
  }

  /** A tensor of floats over a block of memory, which it borrows. */
  static overBlock(block: MemoryBlock, shape: readonly number[], offset: number): Tensor<'f32'> {
    const byteLength = elementCount(shape) * TENSOR_TYPES.f32.bytes
    const address = block.native.pointer + BigInt(offset)
    block.native.borrow()
    return new Tensor({ type: 'f32', shape, memory: block, data: undefined, address, byteLength })
  }

  /**
   * A tensor over bytes of a mapped file; read-only.
   *
   * @throws TensorMismatchError if the bytes don't fit the shape or lie outside the file.
   */
  static overFile<T extends TensorType>(
    type: T,
    shape: readonly number[],
    at: { readonly file: MappedFile; readonly offset: number; readonly byteLength: number },
  ): Tensor<T> {
    const expected = elementCount(shape) * TENSOR_TYPES[type].bytes
    if (expected !== at.byteLength || at.offset < 0 || at.offset + at.byteLength > at.file.byteLength) {
      throw new TensorMismatchError(
        `${at.byteLength} bytes at ${at.offset} of ${at.file.path} are no ${type} [${shape.join(', ')}]`,
      )
    }
    const address = at.file.addressOf(at.offset)
    return new Tensor({ type, shape, memory: at.file, data: undefined, address, byteLength: at.byteLength })
  }

  /**
   * The elements, shared with ONNX Runtime: don't touch them during a run.
   *
   * @throws TensorMismatchError for a tensor over a file or a block of others; DisposedError where they went with the tensor.
   */
  get data(): TypedArrays[T] {
    if (this.#memory instanceof MemoryBlock) this.native.assertAlive()
    if (this.#data === undefined)
      throw new TensorMismatchError('the elements of this tensor belong to its file or block')
    return this.#data
  }

  dispose(): void {
    this.native.dispose()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

function viewOf<T extends TensorType>(type: T, memory: ArrayBuffer, count: number): TypedArrays[T] {
  const views: { readonly [K in TensorType]: () => TypedArrays[K] } = {
    f32: () => new Float32Array(memory, 0, count),
    u8: () => new Uint8Array(memory, 0, count),
    i32: () => new Int32Array(memory, 0, count),
    i64: () => new BigInt64Array(memory, 0, count),
  }
  return views[type]()
}
