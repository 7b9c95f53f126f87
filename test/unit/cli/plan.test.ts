// The screens about plans: what people see of a plan, of one pair, and of the links and why.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { viewLinksWhy } from '../../../src/cli/views/links-why.ts'
import { viewPlan } from '../../../src/cli/views/plan.ts'
import { type FixedDaemon, startFixedDaemon } from '../../support/admin-data.ts'
import { NOW_MS } from '../../support/admin-links.ts'
import { EXPLANATION, LINK_VIEWS, PLAN_VIEW } from '../../support/admin-plan.ts'
import { vnet } from '../../support/cli.ts'

const OPTIONS = { paint: (_: string, text: string) => text, nowMs: NOW_MS }

let daemon: FixedDaemon
beforeAll(async () => {
  daemon = await startFixedDaemon()
})
afterAll(() => daemon.close())

it('vnet explain tells path, cause, candidates, obstacles and last changes', async () => {
  const { status, stdout } = await vnet(`explain vm2 vm3 --socket ${daemon.socket}`)
  expect(status).toBe(0)
  await expect(stdout).toMatchFileSnapshot('golden/explain.txt')
  expect(daemon.asked).toContainEqual(['explain', 'vm2', 'vm3'])
  const json = await vnet(`explain vm2 vm3 --json --socket ${daemon.socket}`)
  expect(JSON.parse(json.stdout)).toEqual(JSON.parse(JSON.stringify(EXPLANATION)))
})

it('vnet links --why is one line a fast path', async () => {
  const rows = LINK_VIEWS.map((link, at) => ({ ...link, gain: at === 0 ? 1.47 : null }))
  await expect(`${viewLinksWhy(rows, OPTIONS)}\n`).toMatchFileSnapshot('golden/links-why.txt')
  expect(viewLinksWhy([], OPTIONS)).toMatch(/all traffic takes the star/)
})

it('vnet plan says how many rows it left out, and why there is no plan', () => {
  expect(viewPlan(PLAN_VIEW, { ...OPTIONS, top: 1 })).toContain('... and 1 more links')
  expect(viewPlan({ level: 'off', plan: null }, OPTIONS)).toMatch(/adaptation is off/)
  expect(viewPlan({ level: 'auto', plan: null }, OPTIONS)).toMatch(/no plan was made yet/)
})
