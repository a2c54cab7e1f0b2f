import t from 'tap'
import { markdownTable } from '../src/markdown-table.ts'
import type { Sample } from '../src/measure-rounds.ts'
import { renderReport } from '../src/report.ts'
import { formatDay } from '../src/results.ts'
import type { Results } from '../src/results.ts'

const machine = {
  cpuModel: 'Example CPU',
  cores: 2,
  cpuFlags: ['avx2'],
  memoryGib: 8,
  platform: 'linux x64',
  loadBefore: 0,
  node: 'v20.19.0',
  runtimes: { koffi: '3.0.0' },
  commit: 'abc',
}

function sample(subject: string, round: number, rate: number): Sample {
  const stage = { stage: 'worker 0-3', computeMs: 9, decodeComputeMs: rate / 10, hopMs: undefined }
  return {
    model: 'bundled',
    subject,
    workload: 'decode, 1 stream',
    round,
    metrics: { decodeTokensPerSecond: rate },
    stages: subject === 'ours' ? [stage] : [],
    streams: [],
  }
}

const results: Results = {
  name: 'peers',
  date: '2025-01-31',
  machine,
  settings: { threads: 2, rounds: 3 },
  reference: 'ours',
  subjects: [
    { model: 'bundled', subject: 'ours', description: { program: 'Shardline' } },
    { model: 'bundled', subject: 'peer', description: { build: 'v1', note: '' } },
  ],
  samples: [
    sample('ours', 1, 20),
    sample('ours', 2, 40),
    sample('ours', 3, 30),
    sample('peer', 1, 10),
    sample('peer', 2, 40),
    sample('peer', 3, 10),
    { ...sample('ours', 1, 60), workload: 'decode, 8 streams' },
    { ...sample('ours', 2, 100), workload: 'decode, 8 streams' },
  ],
}

const cells = (markdown: string, start: string): readonly string[] =>
  (markdown.split('\n').find((line) => line.startsWith(`| ${start}`)) ?? '')
    .split('|')
    .map((cell) => cell.trim())

t.test('shows medians, ranges and the median of the ratios within rounds', (t) => {
  const markdown = renderReport(results, { title: 'Peers', ratio: 'of-reference' })
  t.same(cells(markdown, 'workload').slice(1, -1), ['workload', 'unit', 'ours', 'peer', '÷ peer'])
  t.same(cells(markdown, 'decode, 1 stream ').slice(1, -1), [
    'decode, 1 stream',
    'tokens/s',
    '30.0 (20.0-40.0)',
    '10.0 (10.0-40.0)',
    '2.00x (1.00-3.00)',
  ])
  t.same(cells(markdown, 'decode, 8 streams ').slice(3, -1), ['80.0 (60.0-100.0)', '-', '-'])
  t.end()
})

t.test('turns the ratio round for a baseline', (t) => {
  const markdown = renderReport(results, { title: 'Pipelines', ratio: 'to-reference' })
  t.equal(cells(markdown, 'workload').at(-2), 'peer ÷ ours')
  t.equal(cells(markdown, 'decode, 1 stream ').at(-2), '0.50x (0.33-1.00)')
  t.end()
})

t.test('shows how streams scale and what the stages did', (t) => {
  const markdown = renderReport(results, { title: 'Peers', ratio: 'of-reference' })
  t.same(cells(markdown, 'decode, 8 streams ÷').slice(1, -1), [
    'decode, 8 streams ÷ decode, 1 stream',
    '2.75x (2.50-3.00)',
    '-',
  ])
  t.same(cells(markdown, 'ours').slice(1, -1), [
    'ours',
    'worker 0-3',
    '3.00 (2.00-4.00)',
    '-',
    '9.00 (9.00-9.00)',
  ])
  t.end()
})

t.test('names the machine, the settings and every build', (t) => {
  const markdown = renderReport(results, { title: 'Peers', ratio: 'of-reference' })
  for (const text of ['Example CPU, 2 cores (avx2)', 'koffi 3.0.0', 'threads 2', '**peer**: build v1\n']) {
    t.ok(markdown.includes(text), text)
  }
  t.end()
})

t.test('tables are aligned and keep bars inside of cells', (t) => {
  t.equal(
    markdownTable(['a', 'long name'], [['x|y', '1']]),
    '| a    | long name |\n| ---- | --------- |\n| x\\|y | 1         |',
  )
  t.end()
})

t.test('days are in UTC', (t) => {
  t.equal(formatDay(Date.UTC(2025, 0, 31, 23, 59)), '2025-01-31')
  t.equal(formatDay(Date.UTC(2025, 10, 1, 0, 0)), '2025-11-01')
  t.end()
})
