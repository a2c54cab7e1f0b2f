import { performance } from 'node:perf_hooks'

/** How long asked things took, by name. */
export class Latencies {
  readonly #ms = new Map<string, number[]>()

  async time<T>(name: string, work: () => Promise<T>): Promise<T> {
    const begin = performance.now()
    const result = await work()
    const known = this.#ms.get(name) ?? []
    known.push(performance.now() - begin)
    this.#ms.set(name, known)
    return result
  }

  /** Count, median and 99th percentile of each, in milliseconds. */
  summary(): Readonly<
    Record<string, { readonly count: number; readonly p50: number; readonly p99: number }>
  > {
    return Object.fromEntries(
      [...this.#ms].map(([name, values]) => {
        const sorted = values.toSorted((a, b) => a - b)
        const at = (part: number): number =>
          Math.round((sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0) * 10) / 10
        return [name, { count: sorted.length, p50: at(0.5), p99: at(0.99) }]
      }),
    )
  }
}
