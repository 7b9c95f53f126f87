// `vnet logs`: the daemon's records (pino's JSON lines), one line each for people.

import { createInterface } from 'node:readline'
import { UsageError } from '../arguments.ts'
import type { Context } from '../command.ts'
import { harmless, type Paint, type Tone } from '../output.ts'

/** pino's levels. */
const LEVELS = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 } as const
type Level = keyof typeof LEVELS

const TONES: Readonly<Record<Level, Tone>> = {
  trace: 'dim',
  debug: 'dim',
  info: 'good',
  warn: 'warn',
  error: 'bad',
  fatal: 'bad',
}
/** Of every record, and of no interest in a line. */
const SILENT_KEYS = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'name', 'v'])

export async function runLogs(context: Context): Promise<undefined> {
  const { args, out } = context
  const least = leastLevel(args.optionalText('level'))
  const lines = args.optionalNumber('lines')
  const stream = await (await context.client()).logs({
    ...(args.flag('follow') ? { follow: true } : {}),
    ...(lines === undefined ? {} : { lines }),
  })
  for await (const line of createInterface({ input: stream })) {
    const record = parseRecord(line)
    if (levelOf(record) < least) continue
    out.print(out.isJson ? line : formatRecord(record ?? { msg: line }, out.paint))
  }
}

type LogRecord = Readonly<Record<string, unknown>>

/** `13:44:05.120 WARN  storm on a port  port=vm1 framesPerSecond=2000`, time in UTC. */
export function formatRecord(record: LogRecord, paint: Paint): string {
  const level = nameOf(record)
  const rest = Object.entries(record)
    .filter(([key]) => !SILENT_KEYS.has(key))
    .map(([key, value]) => paint('dim', `${harmless(key)}=${valueText(value)}`))
  const label = paint(TONES[level], level.toUpperCase().padEnd(5))
  const message = harmless(String(record.msg ?? ''))
  return [timeOf(record), label, message, ...rest].filter((part) => part !== '').join(' ')
}

function leastLevel(name: string | undefined): number {
  if (name === undefined) return 0
  const level = LEVELS[name as Level]
  if (level !== undefined) return level
  throw new UsageError('usage-value', `there is no level '${name}'`, {
    hint: `one of ${Object.keys(LEVELS).join(', ')}`,
  })
}

function parseRecord(line: string): LogRecord | null {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as LogRecord) : null
  } catch {
    return null // shown as it is
  }
}

function levelOf(record: LogRecord | null): number {
  const level = record?.level
  if (typeof level === 'number') return level
  return LEVELS[level as Level] ?? LEVELS.info
}

function nameOf(record: LogRecord): Level {
  const level = levelOf(record)
  const names = Object.keys(LEVELS) as Level[]
  return names.findLast((name) => LEVELS[name] <= level) ?? 'trace'
}

function timeOf(record: LogRecord): string {
  const time = record.time
  const date = new Date(typeof time === 'number' || typeof time === 'string' ? time : Number.NaN)
  return Number.isNaN(date.getTime()) ? '' : date.toISOString().slice(11, 23)
}

function valueText(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return harmless(value)
  return harmless(JSON.stringify(value) ?? '')
}
