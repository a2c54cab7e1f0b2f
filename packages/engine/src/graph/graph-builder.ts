import type { Graph, GraphPort } from '../ort/session.ts'
import { UNREAD_FILE_NAME } from '../ort/unread-file.ts'
import { TENSOR_TYPES } from '../ort/tensor.ts'
import type { TensorType } from '../ort/tensor.ts'
import { ATTRIBUTE_TYPES, DATA_LOCATION_EXTERNAL, encodeModel } from './onnx-schema.ts'

/** Operators of ONNX Runtime beyond the ONNX standard. */
export const CONTRIB_DOMAIN = 'com.microsoft'

const IR_VERSION = 10
const OPSET_VERSION = 21

/** One operator. An empty input name means: not given. */
export interface NodeInit {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly ints?: Readonly<Record<string, number>>
  readonly floats?: Readonly<Record<string, number>>
  /** @default '' (the ONNX standard) */
  readonly domain?: string
}

/** What {@link GraphBuilder.apply} may be told. */
export type ApplyInit = Omit<NodeInit, 'op' | 'inputs' | 'outputs'> & { readonly output?: string }

/** Collects nodes, ports and weights of a graph, then encodes them. */
export class GraphBuilder {
  readonly #nodes: object[] = []
  readonly #initializers: object[] = []
  readonly #inputs: GraphPort[] = []
  readonly #outputs: GraphPort[] = []
  readonly #weights: string[] = []
  #nameCount = 0

  /** A name that no other value of the graph has. */
  name(hint: string): string {
    return `${hint}.${this.#nameCount++}`
  }

  /** Declares an input and returns its name. */
  input(name: string, type: TensorType, shape: readonly (number | string)[]): string {
    this.#inputs.push({ name, type, shape })
    return name
  }

  /** Declares the value `name` as an output. */
  output(name: string, type: TensorType, shape: readonly (number | string)[]): void {
    this.#outputs.push({ name, type, shape })
  }

  /** Declares a weight that comes from the weight store, and returns its name. */
  weight(name: string, type: TensorType, shape: readonly number[]): string {
    this.#weights.push(name)
    this.#initializers.push({
      name,
      dims: shape,
      dataType: TENSOR_TYPES[type].onnx,
      dataLocation: DATA_LOCATION_EXTERNAL,
      externalData: [{ key: 'location', value: UNREAD_FILE_NAME }],
    })
    return name
  }

  /** Adds a small constant list of integers and returns its name. */
  integers(values: readonly number[]): string {
    const name = this.name('const')
    const data = BigInt64Array.from(values, BigInt)
    this.#initializers.push({
      name,
      dims: [values.length],
      dataType: TENSOR_TYPES.i64.onnx,
      rawData: new Uint8Array(data.buffer),
    })
    return name
  }

  /** Adds an operator. */
  node(init: NodeInit): void {
    const ints = Object.entries(init.ints ?? {}).map(([name, i]) => ({ name, i, type: ATTRIBUTE_TYPES.int }))
    const floats = Object.entries(init.floats ?? {}).map(([name, f]) => ({
      name,
      f,
      type: ATTRIBUTE_TYPES.float,
    }))
    this.#nodes.push({
      name: init.outputs[0] ?? '',
      opType: init.op,
      domain: init.domain ?? '',
      input: init.inputs,
      output: init.outputs,
      attribute: [...ints, ...floats],
    })
  }

  /** Adds an operator with one output and returns its name: `output` if it is given, else a fresh one. */
  apply(op: string, inputs: readonly string[], init: ApplyInit = {}): string {
    const { output = this.name(op), ...rest } = init
    this.node({ op, inputs, outputs: [output], ...rest })
    return output
  }

  /** The finished graph. */
  build(name: string): Graph {
    const model = encodeModel({
      irVersion: IR_VERSION,
      producerName: 'shardline',
      opsetImport: [
        { domain: '', version: OPSET_VERSION },
        { domain: CONTRIB_DOMAIN, version: 1 },
      ],
      graph: {
        name,
        node: this.#nodes,
        initializer: this.#initializers,
        input: this.#inputs.map(valueInfo),
        output: this.#outputs.map(valueInfo),
      },
    })
    return { model, inputs: this.#inputs, outputs: this.#outputs, weights: this.#weights }
  }
}

function valueInfo(port: GraphPort): object {
  const dim = port.shape.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }))
  return { name: port.name, type: { tensorType: { elemType: TENSOR_TYPES[port.type].onnx, shape: { dim } } } }
}
