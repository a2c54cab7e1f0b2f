import { RuntimeCallError, TensorMismatchError } from '../errors.ts'
import { ortLibrary } from './library.ts'
import { NativeResource } from './native-resource.ts'
import type { GraphPort, OrtSession } from './session.ts'
import { check, create } from './status.ts'
import type { Tensor } from './tensor.ts'

interface Slot {
  readonly port: GraphPort
  readonly isInput: boolean
  tensor: Tensor | undefined
}

/**
 * The tensors of one run of a session, bound by name. It borrows the session and every bound tensor, so that none of
 * them can be freed while a run uses it, and checks type and sizes before anything native sees them.
 */
export class Binding implements Disposable {
  readonly #session: OrtSession
  readonly #native: NativeResource
  readonly #slots = new Map<string, Slot>()
  /** For each named size, how many bound tensors give it which value. */
  readonly #sizes = new Map<string, Map<number, number>>()
  #boundCount = 0

  constructor(session: OrtSession) {
    const { api } = ortLibrary()
    this.#session = session
    const pointer = create('CreateIoBinding', (out) => api.CreateIoBinding(session.native.pointer, out))
    session.native.borrow()
    this.#native = new NativeResource('a binding', pointer, (binding) => {
      api.ReleaseIoBinding(binding)
      for (const slot of this.#slots.values()) slot.tensor?.native.giveBack()
      session.native.giveBack()
    })
    for (const port of session.graph.inputs)
      this.#slots.set(port.name, { port, isInput: true, tensor: undefined })
    for (const port of session.graph.outputs)
      this.#slots.set(port.name, { port, isInput: false, tensor: undefined })
  }

  /**
   * Binds a tensor to an input or output, instead of what was bound before.
   *
   * @throws TensorMismatchError if the graph has no such port, or type, rank or a fixed size differ.
   */
  bind(name: string, tensor: Tensor): void {
    const slot = this.#slots.get(name)
    if (slot === undefined) throw new TensorMismatchError(`the graph has no input or output ${name}`)
    if (slot.tensor === tensor) return
    assertFits(slot.port, tensor)
    const { api } = ortLibrary()
    tensor.native.borrow()
    if (slot.isInput) check('BindInput', api.BindInput(this.#native.pointer, name, tensor.native.pointer))
    else check('BindOutput', api.BindOutput(this.#native.pointer, name, tensor.native.pointer))
    if (slot.tensor === undefined) this.#boundCount++
    else this.#countSizes(slot.port, slot.tensor, -1)
    slot.tensor?.native.giveBack()
    slot.tensor = tensor
    this.#countSizes(slot.port, tensor, 1)
  }

  /**
   * Runs the graph on another thread; the event loop stays free. Results are in the bound output tensors.
   *
   * @throws TensorMismatchError if a port is unbound or a named size has two values; RuntimeCallError.
   */
  async run(): Promise<void> {
    this.#assertComplete()
    const { api } = ortLibrary()
    const session = this.#session.native.pointer
    const binding = this.#native.pointer
    this.#native.borrow()
    try {
      await new Promise<void>((resolve, reject) => {
        api.RunWithBinding.async(session, null, binding, (error, status) => {
          try {
            if (error !== null) throw new RuntimeCallError('RunWithBinding', error.message)
            check('RunWithBinding', status)
            resolve()
          } catch (cause) {
            reject(cause as Error)
          }
        })
      })
    } finally {
      this.#native.giveBack()
    }
  }

  dispose(): void {
    this.#native.dispose()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  #countSizes(port: GraphPort, tensor: Tensor, delta: number): void {
    for (const [axis, size] of port.shape.entries()) {
      if (typeof size === 'number') continue
      const given = tensor.shape[axis] ?? 0
      const counts = this.#sizes.get(size) ?? new Map<number, number>()
      this.#sizes.set(size, counts)
      const count = (counts.get(given) ?? 0) + delta
      if (count === 0) counts.delete(given)
      else counts.set(given, count)
    }
  }

  #assertComplete(): void {
    if (this.#boundCount !== this.#slots.size) {
      const unbound = [...this.#slots.values()].filter((slot) => slot.tensor === undefined)
      throw new TensorMismatchError(`nothing is bound to ${unbound.map((slot) => slot.port.name).join(', ')}`)
    }
    for (const [size, counts] of this.#sizes) {
      if (counts.size > 1) {
        throw new TensorMismatchError(`the size ${size} is given as ${[...counts.keys()].join(' and ')}`)
      }
    }
  }
}

function assertFits(port: GraphPort, tensor: Tensor): void {
  const hasType = port.type === tensor.type
  const hasShape =
    port.shape.length === tensor.shape.length &&
    port.shape.every((size, axis) => typeof size === 'string' || size === tensor.shape[axis])
  if (hasType && hasShape) return
  throw new TensorMismatchError(
    `${port.name} takes ${port.type} [${port.shape.join(', ')}], not ${tensor.type} [${tensor.shape.join(', ')}]`,
  )
}
