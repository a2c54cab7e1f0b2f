import type { Measurement, Subject } from '../../src/subject/subject.ts'
import type { Workload } from '../../src/workload.ts'

/** A subject that answers from a function and notes what it was asked, in a log that several can share. */
export function fakeSubject(
  label: string,
  log: string[],
  answer: (workload: Workload, variant: number) => Measurement | undefined,
): Subject {
  return {
    label,
    description: { what: 'fake' },
    measure: (workload, variant) => {
      log.push(`${label} ${workload.name} ${variant}`)
      return Promise.resolve(answer(workload, variant))
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

export function workload(init: Partial<Workload> = {}): Workload {
  return {
    name: 'decode',
    streams: 1,
    promptTokens: 4,
    newTokens: 3,
    metrics: ['decodeTokensPerSecond'],
    ...init,
  }
}
