import t from 'tap'
import { describeMachine, flagsOfInterest } from '../src/machine.ts'

t.test('finds the instruction sets of interest on x86 and Arm', (t) => {
  t.same(flagsOfInterest('model name\t: x\nflags\t\t: fpu avx2 avx512_vnni avx2x\n'), ['avx2', 'avx512_vnni'])
  t.same(flagsOfInterest('Features\t: fp asimddp i8mm\n'), ['asimddp', 'i8mm'])
  t.same(flagsOfInterest(''), [])
  t.end()
})

t.test('describes this machine with the versions of the runtimes', async (t) => {
  const machine = await describeMachine()
  t.ok(machine.cores >= 1 && machine.memoryGib > 0)
  t.match(machine.runtimes, { 'onnxruntime-node': /^\d+\.\d+/, koffi: /^\d+\.\d+/ })
})
