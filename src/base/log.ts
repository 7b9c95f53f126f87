// The log of a daemon: pino records as JSON lines, or readable ones on a terminal, to standard
// error and where wanted to a file. The newest lines are kept in memory for `vnet logs`, which may
// also follow. Lines are written at once, so that none is lost when the process ends; what cannot
// be written (disk full, pipe closed) is counted and never brings the daemon down.

import { closeSync, openSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Logger } from 'pino'
import pino from 'pino'
import type { prettyFactory } from 'pino-pretty'
import { messageOf } from './errors.ts'

export type Log = Logger
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Lines kept for `vnet logs`: some hours of a quiet daemon, some minutes of a busy one. */
export const LOG_LINES_MAX = 2_000
/** A longer line is kept and sent to followers cut (as a JSON record that says so). */
export const LOG_LINE_LENGTH_MAX = 8_192
/** Never to be seen in a log, at the top of a record or one level down. */
const SECRETS = ['token', 'tokenSecret', 'privateKeyPem', 'secret']

export interface LogOptions {
  readonly level: LogLevel
  /** `auto`: readable on a terminal, JSON otherwise. A file is always JSON. */
  readonly format: 'auto' | 'json' | 'pretty'
  /** Also appended to this file, with mode 0600. */
  readonly file?: string
  /** File descriptor of the console; default 2, standard error. */
  readonly console?: number
}

export interface LogHub {
  readonly log: Log
  /** The newest `count` lines (JSON, without line end), oldest first. */
  recent(count: number): string[]
  /** Calls `listener` with each further line until the returned function is called. */
  follow(listener: (line: string) => void): () => void
  setLevel(level: LogLevel): void
  /** Opens the file again, after a log rotation. @throws if that fails; the old one stays. */
  reopen(): void
  /** Lines that could not be written. */
  readonly droppedLines: number
  /** Closes the file. The console stays open. */
  close(): void
}

/** Starts the log. @throws if the file cannot be opened. */
export function createLog(options: LogOptions): LogHub {
  const ring = createRing()
  const consoleFd = options.console ?? 2
  const format = formatterOf(options.format, consoleFd)
  const { file } = options
  let fileFd = file === undefined ? null : openFile(file)
  let droppedLines = 0

  function write(descriptor: number, text: string): void {
    try {
      writeWhole(descriptor, Buffer.from(text))
    } catch {
      droppedLines += 1 // a closed pipe, a full disk: `vnet logs` still has the line
    }
  }

  const stream = {
    write(line: string) {
      write(consoleFd, format(line))
      if (fileFd !== null) write(fileFd, line)
      ring.add(line.trimEnd())
    },
  }
  const redact = { paths: secretPaths(), censor: '[secret]' }
  const log = pino({ level: options.level, base: null, redact }, stream)

  return {
    log,
    recent: ring.recent,
    follow: ring.follow,
    setLevel(level) {
      log.level = level
    },
    reopen() {
      if (file === undefined || fileFd === null) return
      const old = fileFd
      fileFd = openFile(file)
      closeSync(old)
    },
    get droppedLines() {
      return droppedLines
    },
    close() {
      if (fileFd !== null) closeSync(fileFd)
      fileFd = null
    },
  }
}

function openFile(path: string): number {
  return openSync(path, 'a', 0o600)
}

function writeWhole(descriptor: number, bytes: Buffer): void {
  let offset = 0
  while (offset < bytes.length) offset += writeSync(descriptor, bytes, offset)
}

function secretPaths(): string[] {
  return [...SECRETS, ...SECRETS.map((name) => `*.${name}`)]
}

function formatterOf(format: LogOptions['format'], descriptor: number): (line: string) => string {
  const isTerminal = descriptor === 2 && process.stderr.isTTY
  if (format === 'json' || (format === 'auto' && !isTerminal)) return (line) => line
  // Loaded only here: a daemon that nobody looks at does without.
  const load = createRequire(import.meta.url)
  const printer = load('pino-pretty') as { readonly prettyFactory: typeof prettyFactory }
  const pretty = printer.prettyFactory({ colorize: isTerminal, translateTime: 'SYS:HH:MM:ss.l' })
  return (line) => String(pretty(line))
}

/** The newest lines and those who follow. */
function createRing() {
  const lines: string[] = []
  const listeners = new Set<(line: string) => void>()
  let next = 0

  function add(whole: string): void {
    const line = whole.length <= LOG_LINE_LENGTH_MAX ? whole : cutLine(whole)
    lines[next] = line
    next = (next + 1) % LOG_LINES_MAX
    for (const listener of listeners) {
      try {
        listener(line)
      } catch {
        listeners.delete(listener) // a follower that fails is gone; its connection tells its user
      }
    }
  }

  function recent(count: number): string[] {
    const ordered =
      lines.length < LOG_LINES_MAX ? lines : [...lines.slice(next), ...lines.slice(0, next)]
    return ordered.slice(Math.max(0, ordered.length - count))
  }

  function follow(listener: (line: string) => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  return { add, recent, follow }
}

/** A legal record in place of one that is too long. */
function cutLine(line: string): string {
  const record: unknown = parseRecord(line)
  const { level = 30, time = 0 } = (record ?? {}) as { level?: number; time?: number }
  return JSON.stringify({ level, time, msg: 'line cut', start: line.slice(0, 1_024) })
}

function parseRecord(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    return { msg: messageOf(error) }
  }
}
