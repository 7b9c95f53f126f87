// `vnet bench scale`: what many MACs, rules, counted pairs and links cost.

import type { Bench } from './harness.ts'
import { FORWARDING_METHOD, measureForwarding } from './scale/forwarding.ts'
import { LINKS_METHOD, measureLinks } from './scale/links.ts'

export const scaleBench: Bench = {
  name: 'scale',
  summary: 'cost of forwarding by the number of MACs, rules and counted pairs; many links',
  method: [...FORWARDING_METHOD, ...LINKS_METHOD],
  run: async (context) => {
    const forwarding = await measureForwarding(context)
    const links = await measureLinks(context)
    return {
      cases: [...forwarding.cases, ...links.cases],
      checks: [...forwarding.checks, ...links.checks],
    }
  },
}
