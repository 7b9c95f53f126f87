// The in-memory twin keeps the contract of planes; its time is virtual.

import { VirtualClock } from '../../src/base/clock.ts'
import { seededRandom } from '../../src/base/random.ts'
import { memoryCredentials } from '../../src/plane/memory-credentials.ts'
import { createMemoryNetwork } from '../../src/plane/memory-network.ts'
import type { Plane } from '../../src/plane/plane.ts'
import { describePlane } from './plane.contract.ts'
import type { PlaneFixture } from './plane-fixture.ts'

const PORT = 7_707
const STEP_MS = 10
const PATIENCE_MS = 10_000

async function createFixture(): Promise<PlaneFixture> {
  const clock = new VirtualClock()
  const network = createMemoryNetwork({ clock, random: seededRandom(1) })
  const addresses = new Map<Plane, string>()
  const addressOf = (plane: Plane) => addresses.get(plane) ?? ''
  return {
    createPlane(options) {
      const address = `10.0.0.${addresses.size + 1}`
      const plane = network.createPlane(options, { address })
      addresses.set(plane, address)
      return plane
    },
    async credentials(name, kind) {
      const role = name === 'proxy' ? 'proxy' : 'host'
      const uri = `vnet://contract/${role}/${name}`
      if (kind === 'expired') return memoryCredentials({ uri, notAfterMs: clock.wallMs() - 1 })
      return memoryCredentials({ uri, authority: kind === 'foreign-ca' ? 'other' : 'ca' })
    },
    dial: async (from, to) => from.dial({ host: addressOf(to), port: PORT }),
    dialNobody: (from) => from.dial({ host: addressOf(from), port: 1 }),
    listen: (plane) => void plane.listen({ address: '0.0.0.0', port: PORT }),
    setCut: (a, b, isCut) => network.setPath(addressOf(a), addressOf(b), { isCut }),
    setUdpBlocked: (a, b, isUdpBlocked) =>
      network.setPath(addressOf(a), addressOf(b), { isUdpBlocked }),
    async until(condition, what) {
      for (let waitedMs = 0; !condition(); waitedMs += STEP_MS) {
        if (waitedMs > PATIENCE_MS) throw new Error(`never: ${what}`)
        clock.advance(STEP_MS)
      }
    },
    async settle() {
      clock.advance(STEP_MS)
    },
    async advance(ms) {
      clock.advance(ms)
    },
    async close() {},
  }
}

describePlane('memory', createFixture)
