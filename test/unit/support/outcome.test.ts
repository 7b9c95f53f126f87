// The sums of a test run: nothing that failed, broke off or did not run may look like success.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readOutcomes, renderOutcomes, totalOf } from '../../support/outcome.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vn-outcome-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function leave(kind: string, status: number, files: { json?: unknown; log?: string }): void {
  writeFileSync(join(folder, `${kind}.status`), `${status}\n`)
  writeFileSync(join(folder, `${kind}.log`), files.log ?? '')
  if (files.json) writeFileSync(join(folder, `${kind}.json`), JSON.stringify(files.json))
}

const total = () => totalOf(readOutcomes(folder))

test('adds the kinds up and names skips with their reasons', () => {
  const skipped = [{ name: 'netns', why: 'needs root' }]
  leave('unit', 0, { json: { passed: 3, failed: [], skipped } })
  leave('native', 0, { log: 'native a (plain) ok\nnative: 2 passed, 0 failed\n' })
  expect(total()).toEqual({ line: '5 passed, 0 failed, 1 skipped', isPassed: true })
  expect(renderOutcomes(readOutcomes(folder))).toContain('skipped netns: needs root')
})

test('one failure fails the whole', () => {
  leave('unit', 1, { json: { passed: 3, failed: ['a > b'], skipped: [] } })
  expect(total()).toEqual({ line: '3 passed, 1 failed', isPassed: false })
})

test('a native failure is counted and named', () => {
  leave('native', 1, { log: 'native tls (asan) FAILED:\nboom\nnative: 4 passed, 1 failed\n' })
  expect(readOutcomes(folder)[0]).toMatchObject({ passed: 4, failed: ['native tls (asan)'] })
})

test('a run that broke off without counts has failed', () => {
  leave('e2e', 124, {})
  expect(total()).toEqual({ line: '0 passed, 1 failed', isPassed: false })
})

test('a status that contradicts the counts wins', () => {
  leave('unit', 1, { json: { passed: 3, failed: [], skipped: [] } })
  expect(total().isPassed).toBe(false)
})

test('nothing ran is no success', () => {
  leave('unit', 0, { json: { passed: 0, failed: [], skipped: [] } })
  expect(total().isPassed).toBe(false)
})
