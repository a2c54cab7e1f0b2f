import type { Machine } from '@shardline/node'

/** A machine of which only a part may be used: what drivers are told to be free is never more than what is left of that part. */
export function limitedMachine(machine: Machine, memoryBytesMax: number | undefined): Machine {
  if (memoryBytesMax === undefined) return machine
  return {
    threads: machine.threads,
    numericClass: () => machine.numericClass(),
    speed: () => machine.speed(),
    memory: () => {
      const { freeBytes, residentBytes } = machine.memory()
      const left = Math.max(0, memoryBytesMax - residentBytes)
      return { freeBytes: Math.min(freeBytes, left), residentBytes }
    },
  }
}
