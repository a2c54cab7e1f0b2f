import type { Machine } from '../../src/machine.ts'

/** A machine that results in tests were made on. */
export const testMachine: Machine = {
  cpuModel: 'cpu',
  cores: 2,
  cpuFlags: [],
  memoryGib: 1,
  platform: 'linux x64',
  loadBefore: 0,
  node: 'v20',
  runtimes: {},
  commit: 'abc',
}
