// The log: levels, file, ring, followers, secrets, and that no destination can bring it down.

import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { VnetError } from '../../../src/base/errors.ts'
import type { LogHub, LogOptions } from '../../../src/base/log.ts'
import { createLog, LOG_LINE_LENGTH_MAX, LOG_LINES_MAX } from '../../../src/base/log.ts'

let folder = ''
let console_ = 0
let hub: LogHub
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vnet-log-'))
  console_ = openSync(join(folder, 'console'), 'w')
})
afterEach(() => {
  hub.close()
  closeSync(console_)
  rmSync(folder, { recursive: true })
})

function start(options: Partial<LogOptions> = {}): LogHub {
  hub = createLog({ level: 'info', format: 'json', console: console_, ...options })
  return hub
}

function written(name = 'console'): string {
  return readFileSync(join(folder, name), 'utf8')
}

test('records go to the console and the file, from the level on', () => {
  const file = join(folder, 'file')
  const { log, setLevel } = start({ file })
  log.debug('unseen')
  log.info({ host: 'alpha' }, 'joined')
  setLevel('debug')
  log.debug('seen')
  expect(written()).toBe(written('file'))
  const records = written()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(records).toMatchObject([{ level: 30, host: 'alpha', msg: 'joined' }, { msg: 'seen' }])
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('readable lines where wanted', () => {
  start({ format: 'pretty' }).log.warn({ host: 'alpha' }, 'certificate expires')
  expect(written()).toMatch(/WARN.*certificate expires\n\s+host: "alpha"/)
})

test('an error keeps its code and hint', () => {
  start().log.error(new VnetError('token-used', 'used up', { hint: 'make another' }), 'refused')
  expect(JSON.parse(written())).toMatchObject({
    msg: 'refused',
    err: { code: 'token-used', hint: 'make another', message: 'used up' },
  })
})

test('secrets are not written', () => {
  const { log, recent } = start()
  log.info({ token: 'vnet1.x', request: { tokenSecret: 'y', privateKeyPem: 'z' } }, 'joining')
  expect(recent(1)[0]).not.toMatch(/vnet1|"y"|"z"/)
})

test('the newest lines are kept, and long ones cut', () => {
  const { log, recent } = start()
  for (let line = 0; line < LOG_LINES_MAX + 5; line += 1) log.info({ line }, 'x')
  const numbers = recent(LOG_LINES_MAX * 2).map((line) => JSON.parse(line).line)
  expect([numbers.length, numbers[0], numbers.at(-1)]).toEqual([
    LOG_LINES_MAX,
    5,
    LOG_LINES_MAX + 4,
  ])
  expect(recent(2).map((line) => JSON.parse(line).line)).toEqual(numbers.slice(-2))
  expect(recent(0)).toEqual([])
  log.error('y'.repeat(LOG_LINE_LENGTH_MAX))
  const [cut = ''] = recent(1)
  expect(cut.length).toBeLessThan(LOG_LINE_LENGTH_MAX)
  expect(JSON.parse(cut)).toMatchObject({ level: 50, msg: 'line cut' })
})

test('followers get each line until they stop or fail', () => {
  const { log, follow } = start()
  const seen: string[] = []
  const stop = follow((line) => seen.push(JSON.parse(line).msg))
  let failures = 0
  follow(() => {
    failures += 1
    throw new Error('connection gone')
  })
  log.info('one')
  log.info('two')
  stop()
  log.info('three')
  expect([seen, failures]).toEqual([['one', 'two'], 1])
})

test('a rotated file is opened again', () => {
  const file = join(folder, 'file')
  const { log, reopen } = start({ file })
  log.info('old')
  written('file')
  renameSync(file, `${file}.1`)
  reopen()
  log.info('new')
  expect([written('file.1'), written('file')]).toEqual([
    expect.stringContaining('old'),
    expect.stringContaining('new'),
  ])
})

test('a full disk loses lines, which are counted and kept for vnet logs', () => {
  const { log, recent } = start({ file: '/dev/full' })
  log.info('unwritten')
  expect(hub.droppedLines).toBeGreaterThan(0)
  expect(recent(1)[0]).toContain('unwritten')
})

test('a file that cannot be opened is an error at once', () => {
  start()
  expect(() =>
    createLog({ level: 'info', format: 'json', file: join(folder, 'no', 'x') }),
  ).toThrow()
})
