// A result for people: the table on the terminal and the page bench/results/NAME.md, generated from
// the same object that is written as NAME.json.

import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Check } from './checks.ts'
import type { Bench, BenchResult, CaseResult, Section } from './harness.ts'
import type { PeerReport } from './peers/list.ts'

const RESULTS = fileURLToPath(new URL('./results/', import.meta.url))

/** Writes NAME.json and NAME.md; returns the path of the page. */
export async function writeResult(bench: Bench, result: BenchResult): Promise<string> {
  await mkdir(RESULTS, { recursive: true })
  await writeFile(`${RESULTS}${result.bench}.json`, `${toJson(result, 1)}\n`)
  for (const { file, svg } of result.drawings ?? []) await writeFile(`${RESULTS}${file}`, svg)
  const page = `${RESULTS}${result.bench}.md`
  await writeFile(page, renderPage(bench, result))
  return page
}

/** The result object without its drawings. */
export function toJson({ drawings: _drawings, ...rest }: BenchResult, indent?: number): string {
  return JSON.stringify(rest, null, indent)
}

/** The generated page. */
export function renderPage(bench: Bench, result: BenchResult): string {
  const { machine } = result
  const versions = Object.entries(machine.versions).map(([name, version]) =>
    version.startsWith(name) ? version : `${name} ${version}`,
  )
  return [
    `# vnet bench ${bench.name}${result.isQuick ? ' --quick' : ''}`,
    '',
    `${bench.summary}. Generated from \`${bench.name}.json\`; do not edit.`,
    '',
    renderCases(result.cases),
    '',
    'Median (lowest to highest repeat).',
    '',
    ...(result.peers === undefined ? [] : ['## Peers', '', renderPeers(result.peers), '']),
    ...(result.sections ?? []).flatMap(({ title, lines }) => [
      ...[`## ${title}`, '', '```text', ...lines, '```', ''],
    ]),
    ...(result.drawings ?? []).flatMap(({ file, title }) => [`![${title}](${file})`, '']),
    '## Checks',
    '',
    renderChecks(result.checks),
    '',
    '## Method',
    '',
    ...bench.method.flatMap((paragraph) => [paragraph, '']),
    '## Machine',
    '',
    `- ${machine.cores} cores of ${machine.cpu}, ${machine.memoryGB} GB, Linux ${machine.kernel}`,
    `- load before the run: ${machine.loadBefore.toFixed(2)}`,
    `- ${versions.join(', ')}`,
    `- commit ${result.commit}, ${result.startedAt}, took ${result.seconds} s`,
    '',
  ].join('\n')
}

/** More cases than this are shown as rows. */
const COLUMNS_MAX = 6

/** One row a measure, one column a case; many cases the other way round. */
export function renderCases(cases: readonly CaseResult[]): string {
  const names = [...new Set(cases.flatMap((one) => Object.keys(one.measures)))]
  const rows = names.map((name) => [
    name,
    ...cases.map((one) => {
      const summary = one.measures[name]
      if (summary === undefined) return '-'
      const { median, min, max } = summary
      return `${format(median)} (${format(min)} to ${format(max)})`
    }),
  ])
  const table = [['', ...cases.map((one) => one.name)], ...rows]
  return renderTable(cases.length > COLUMNS_MAX ? transpose(table) : table)
}

/** A section for the terminal. */
export function renderSection({ title, lines }: Section): string {
  return [title, ...lines.map((line) => `  ${line}`)].join('\n')
}

/** One row a peer: what it is, and why it has no figures. */
export function renderPeers(peers: readonly PeerReport[]): string {
  const rows = peers.map((one) => [
    one.name,
    one.version ?? '-',
    `L${one.layer} over ${one.transport.toUpperCase()}, ${one.path}`,
    `${one.about}${one.isEncrypted ? '' : ', not encrypted'}`,
    String(one.mtu),
    one.skipped === undefined ? 'measured' : `skipped: ${one.skipped.split('\n')[0]}`,
  ])
  return renderTable([['peer', 'version', 'carries', 'variant', 'MTU', ''], ...rows])
}

/** One row a check. */
export function renderChecks(checks: readonly Check[]): string {
  const rows = checks.map((one) => [
    one.against === undefined ? one.name : `${one.name} (${one.against})`,
    renderValue(one),
    `${one.op} ${format(one.target)}`,
    one.ok === null ? `not measured: ${one.why?.split('\n')[0]}` : one.ok ? 'ok' : 'FAILED',
  ])
  return renderTable([['check', 'value', 'target', ''], ...rows])
}

function renderValue({ value, unit, range }: Check): string {
  if (value === null) return '-'
  const spread = range === undefined ? '' : ` (${format(range[0])} to ${format(range[1])})`
  return `${format(value)} ${unit}`.trim() + spread
}

function transpose(table: readonly (readonly string[])[]): string[][] {
  return (table[0] ?? []).map((_, column) => table.map((row) => row[column] ?? ''))
}

/** A Markdown table with aligned columns; the first row is the head. */
function renderTable(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows
  const widths = head.map((_, column) =>
    Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [line(head), rule, ...rows.slice(1).map(line)].join('\n')
}

/** Three significant digits, thousands in commas. */
function format(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}
