import { markdownTable } from '../markdown-table.ts'
import { formatMachine } from '../report.ts'
import type { InversionResults, ModelNote, RankShares } from './inversion-results.ts'

/** Renders everything for people. */
export function renderInversionReport(results: InversionResults): string {
  const { settings } = results
  const parts = [
    '# Inversion: what can be read from hidden states',
    `${results.date}, ${formatMachine(results.machine)}.`,
    `Settings: ${Object.entries(settings)
      .map(([key, value]) => `${key} ${String(value)}`)
      .join(', ')}.`,
    'Shares of held-out tokens that come out as the nearest row of the embedding table, and among the ten nearest. A cut is the number of layers that the states went through.',
    ...results.models.flatMap((note) => [
      `## ${note.model}`,
      describeModel(note),
      renderCuts(results, note),
      `The prompt "${note.prompt}", candidate by candidate, behind ${note.knownTokens} tokens of the chat template:`,
      renderMatches(results, note),
    ]),
  ]
  return `${parts.join('\n\n')}\n`
}

function describeModel(note: ModelNote): string {
  const { layers, hiddenSize, vocabularySize, trainTokens, testTokens, unseenTokens } = note
  return `${layers} layers, hidden size ${hiddenSize}, ${vocabularySize} tokens in the vocabulary. The map is fitted on ${trainTokens} tokens and tried on ${testTokens} of other documents, ${unseenTokens} of which are not among those it was fitted on.`
}

function renderCuts({ cuts }: InversionResults, { model }: ModelNote): string {
  const rows = cuts
    .filter((sample) => sample.model === model)
    .map(({ cut, nearest, linear, linearUnseen }) => [
      String(cut),
      ...[nearest, linear, linearUnseen].flatMap(formatShares),
    ])
  const columns = ['nearest row', 'linear map', 'linear map, token not in its text']
  return markdownTable(['cut', ...columns.flatMap((name) => [`${name}: first`, 'in 10'])], rows)
}

function formatShares({ top1, top10 }: RankShares): readonly string[] {
  return [formatPercent(top1), formatPercent(top10)]
}

function formatPercent(share: number): string {
  return Number.isNaN(share) ? '-' : `${(share * 100).toFixed(1)} %`
}

function renderMatches({ matches }: InversionResults, { model }: ModelNote): string {
  const rows = matches
    .filter((sample) => sample.model === model)
    .map(({ cut, tokens, right, equal, candidates, candidatesMost, wrongDistance }) => [
      String(cut),
      `${right} of ${tokens}`,
      `${equal} of ${tokens}`,
      (candidates / tokens).toFixed(1),
      String(candidatesMost),
      Number.isFinite(wrongDistance) ? wrongDistance.toPrecision(2) : '-',
    ])
  return markdownTable(
    ['cut', 'right', 'equal in all bytes', 'candidates a token', 'most', 'nearest wrong state, relative'],
    rows,
  )
}
