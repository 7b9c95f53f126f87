// The contract of Plane (src/plane/plane.ts, design section 2) as one suite for all
// implementations: every sentence that can be seen at one plane or a few of them.

import { describe } from 'vitest'
import { describeControl } from './plane-control.contract.ts'
import { describeCounters } from './plane-counters.contract.ts'
import { describeFigures } from './plane-figures.contract.ts'
import type { CreateFixture } from './plane-fixture.ts'
import { describeForwarding } from './plane-forwarding.contract.ts'
import { describeGroups } from './plane-groups.contract.ts'
import { describeGuards } from './plane-guards.contract.ts'
import { describeLinks } from './plane-links.contract.ts'
import { describeMacs } from './plane-macs.contract.ts'
import { describeStalls } from './plane-stalls.contract.ts'
import { describeTransport } from './plane-transport.contract.ts'

/** Holds an implementation to the contract. Each test gets a fixture of its own. */
export function describePlane(name: string, createFixture: CreateFixture): void {
  describe(`${name} plane`, () => {
    describeForwarding(createFixture)
    describeGroups(createFixture)
    describeMacs(createFixture)
    describeGuards(createFixture)
    describeCounters(createFixture)
    describeLinks(createFixture)
    describeFigures(createFixture)
    describeControl(createFixture)
    describeTransport(createFixture)
    describeStalls(createFixture)
  })
}
