import t from 'tap'
import { renderSoakReport, drawSoak, soakLines } from '../../src/soak/soak-report.ts'
import type { ProcessSample, SoakResults } from '../../src/soak/soak-results.ts'

const MACHINE = {
  cpuModel: 'cpu',
  cores: 2,
  cpuFlags: [],
  memoryGib: 4,
  platform: 'linux x64',
  loadBefore: 0.25,
  node: 'v20',
  runtimes: {},
  commit: 'abc',
}

const sample = (atSeconds: number, role: string, more: Partial<ProcessSample> = {}): ProcessSample => ({
  atSeconds,
  role,
  pid: 1,
  residentMib: 100,
  handles: 20,
  ...more,
})

function results(samples: readonly ProcessSample[]): SoakResults {
  return {
    name: 'soak',
    date: '2026-01-31',
    machine: MACHINE,
    settings: { minutes: 5, streams: 2, tokens: 9, deathSeconds: 60, sampleSeconds: 10, isQuick: false },
    samples,
    deaths: [{ atSeconds: 120, role: 'worker-1' }],
    answers: [
      { atSeconds: 1, seconds: 2, tokens: 9, isFailover: false, outcome: 'same', reason: '' },
      { atSeconds: 119, seconds: 4, tokens: 9, isFailover: true, outcome: 'same', reason: '' },
      {
        atSeconds: 130,
        seconds: 1,
        tokens: 0,
        isFailover: false,
        outcome: 'DRIVER_PIPELINE_DOWN',
        reason: '',
      },
    ],
  }
}

t.test('begins a new piece of a line where a role was started again', async (t) => {
  const lines = soakLines(
    [sample(0, 'w'), sample(60, 'w'), sample(120, 'w', { pid: 2, residentMib: 90 }), sample(0, 'd')],
    ({ residentMib }) => residentMib,
  )
  t.same(lines, [
    {
      name: 'w',
      pieces: [
        [
          [0, 100],
          [1, 100],
        ],
        [[2, 90]],
      ],
    },
    { name: 'd', pieces: [[[0, 100]]] },
  ])
})

t.test(
  'compares the last fifth with the first after the first minute, and counts how answers ended',
  async (t) => {
    const samples = Array.from({ length: 21 }, (_, index) =>
      sample(index * 15, 'driver', { residentMib: index < 4 ? 500 : 100 + index, handles: 30 + index }),
    )
    const report = renderSoakReport(results(samples))
    t.match(report, /\| same +\| 2 +\|/)
    t.match(report, /\| DRIVER_PIPELINE_DOWN +\| 1 +\|/)
    t.match(report, /1 answers that a stage was replaced under/)
    t.match(report, /\| driver +\| 105 +\| 119 +\| 35 +\| 49 +\|/)
  },
)

t.test('draws every role, every death and texts that are no XML', async (t) => {
  const { memory, handles } = drawSoak(results([sample(0, 'a<b'), sample(240, 'a<b'), sample(0, 'driver')]))
  for (const svg of [memory, handles]) {
    t.match(svg, /a&lt;b/)
    t.equal(svg.match(/<polyline/g)?.length, 2)
    t.equal(svg.match(/stroke="#f2c9c9"/g)?.length, 1)
  }
})
