// The screen of `vnet top`.

import { expect, it } from 'vitest'
import { paintOff } from '../../../src/cli/output.ts'
import { viewTop } from '../../../src/cli/runs/top.ts'
import { MACS, PAIRS } from '../../support/admin-data.ts'
import { NOW_MS } from '../../support/admin-links.ts'

const options = { paint: paintOff, nowMs: NOW_MS }

it('vnet top shows the busiest first, and where the guests are', async () => {
  const text = viewTop({ pairs: PAIRS, macs: MACS, rowsMax: 10 }, options)
  await expect(`${text}\n`).toMatchFileSnapshot('golden/top.txt')
})

it('vnet top says how many pairs it does not show', () => {
  const text = viewTop({ pairs: PAIRS, macs: MACS, rowsMax: 1 }, options)
  expect(text).toContain('2 pairs  (1 not shown)  1.0 Gbit/s')
  expect(text.split('\n')).toHaveLength(4)
})
