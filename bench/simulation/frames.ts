// A frame on its way through a simulated network, and what became of it.

import type { MacAddress } from '../../src/base/mac.ts'

export interface Frame {
  readonly number: number
  readonly source: MacAddress
  readonly destination: MacAddress
  /** Hops, as `from>to`. */
  readonly way: string[]
  /** What the proxy does with it. */
  readonly relay: (frame: Frame) => void
  deliveries: number
  lostBecause: string | null
}
