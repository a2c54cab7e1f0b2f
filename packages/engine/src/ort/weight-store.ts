import { ShardIncompleteError } from '../errors.ts'
import { ortLibrary } from './library.ts'
import type { MappedFile } from './mapped-file.ts'
import { NativeResource } from './native-resource.ts'
import { create } from './status.ts'
import type { Tensor } from './tensor.ts'

/**
 * Weights that several sessions share: the arrays themselves, and what ONNX Runtime made of them when it repacked them
 * for its kernels, so that a second session over the same weights costs no second copy.
 */
export class WeightStore implements Disposable {
  /** ONNX Runtime's store of repacked weights. */
  readonly container: NativeResource
  readonly #tensors = new Map<string, Tensor>()
  readonly #files: MappedFile[] = []

  constructor() {
    const { api } = ortLibrary()
    const pointer = create('CreatePrepackedWeightsContainer', (out) =>
      api.CreatePrepackedWeightsContainer(out),
    )
    this.container = new NativeResource('a weight store', pointer, (container) => {
      api.ReleasePrepackedWeightsContainer(container)
      for (const tensor of this.#tensors.values()) tensor.dispose()
      for (const file of this.#files) file[Symbol.dispose]()
    })
  }

  /** Adds a file whose mapping lives as long as the store. */
  addFile(file: MappedFile): void {
    this.#files.push(file)
  }

  /** Adds a weight under the name that graphs use. */
  add(name: string, tensor: Tensor): void {
    this.#tensors.set(name, tensor)
  }

  /** @throws ShardIncompleteError if there is no weight of that name. */
  get(name: string): Tensor {
    const tensor = this.#tensors.get(name)
    if (tensor === undefined) throw new ShardIncompleteError(`the weight ${name}`)
    return tensor
  }

  /** Takes the mapped pages out of this process's memory: ONNX Runtime works on its repacked copies. */
  dropPages(): void {
    for (const file of this.#files) file.dropPages()
  }

  /** Frees everything once no session uses it. */
  [Symbol.dispose](): void {
    this.container.dispose()
  }
}
