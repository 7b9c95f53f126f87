// The frame of the benchmarks: cases interleave, checks decide, the page says what was measured.

import { expect, test } from 'vitest'
import { check, isPassed, ratio } from '../../../bench/checks.ts'
import { type Bench, measureBench, medianOf } from '../../../bench/harness.ts'
import { runBench } from '../../../bench/main.ts'
import { renderPage } from '../../../bench/report.ts'

const starTcp = { name: 'starTcp', unit: 'Gbit/s', op: '>=', target: 3 } as const

test('a check compares with its target', () => {
  expect(check({ ...starTcp, value: 3 })).toEqual({ ...starTcp, value: 3, ok: true })
  expect(check({ ...starTcp, value: 2.9 }).ok).toBe(false)
  expect(check({ ...starTcp, op: '<=', value: 3.1 }).ok).toBe(false)
  expect(check({ ...starTcp, op: '==', value: 3 }).ok).toBe(true)
})

test('an unmeasured check says why and does not pass', () => {
  const unmeasured = check({ ...starTcp, value: null, why: 'iperf3 is not installed' })
  expect(unmeasured).toMatchObject({ value: null, ok: null, why: 'iperf3 is not installed' })
  expect(check({ ...starTcp, value: Number.NaN }).ok).toBeNull()
  expect(isPassed([check({ ...starTcp, value: 4 }), unmeasured])).toBe(false)
  expect(isPassed([check({ ...starTcp, value: 4 })])).toBe(true)
})

test('a ratio needs both sides', () => {
  expect(ratio(1, 2)).toBe(0.5)
  expect([ratio(null, 2), ratio(1, null), ratio(1, 0)]).toEqual([null, null, null])
})

test('cases take turns, and the page shows median, range and checks', async () => {
  const order: string[] = []
  const one = (name: string, values: number[]) => ({
    name,
    measure: async () => {
      order.push(name)
      return { tcpGbitPerSecond: values.shift() ?? 0, rttUs: null }
    },
  })
  const bench: Bench = {
    name: 'trial',
    summary: 'a trial',
    method: ['By hand.'],
    run: async (context) => {
      const cases = await context.interleave(
        [
          one('raw', [9, 7, 8]),
          one('local', [1, 1, 1]),
          one('star', [3, 1, 2]),
          { ...one('mark', [5]), repeatsMax: 1 },
        ],
        3,
      )
      const value = medianOf(cases, 'star', 'tcpGbitPerSecond')
      return { cases, checks: [check({ ...starTcp, value })] }
    },
  }
  const lines: string[] = []
  const result = await measureBench(bench, {
    isQuick: true,
    peers: 'none',
    mayInstall: false,
    only: ['raw', 'star', 'mark'],
    progress: (text) => lines.push(text),
  })
  expect(order).toEqual(['raw', 'star', 'mark', 'raw', 'star', 'raw', 'star'])
  expect(lines[0]).toBe('raw 1/3: tcpGbitPerSecond 9, rttUs -')
  expect(result).toMatchObject({ bench: 'trial', isQuick: true, pass: false })
  expect(medianOf(result.cases, 'raw', 'rttUs')).toBeNull()
  const page = renderPage(bench, result)
  expect(page).toContain('| tcpGbitPerSecond | 8 (7 to 9) | 2 (1 to 3) | 5 (5 to 5) |')
  expect(page).toContain('| starTcp | 2 Gbit/s | >= 3   | FAILED |')
  expect(page).toContain('By hand.')
})

test('an unknown benchmark is refused by name', async () => {
  await expect(runBench('nope', { isQuick: true, isJson: true })).rejects.toMatchObject({
    code: 'bench-unknown',
  })
})
