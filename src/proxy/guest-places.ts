// Where guests are, as the adaptation takes it: MACs that hosts own, and those of the proxy's own
// ports, which have the proxy's name.

import type { MacAddress } from '../base/mac.ts'
import type { Plane } from '../plane/plane.ts'

/** All of them, now. */
export function guestPlaces(options: {
  readonly plane: Pick<Plane, 'macs' | 'ports'>
  readonly proxy: string
  readonly owners: Iterable<readonly [MacAddress, string]>
}): ReadonlyMap<MacAddress, string> {
  const { plane, proxy, owners } = options
  const places = new Map<MacAddress, string>()
  // A proxy without ports, the usual one, has no guests of its own.
  if (plane.ports().length > 0) {
    for (const { mac, where } of plane.macs()) if (where.kind === 'port') places.set(mac, proxy)
  }
  for (const [mac, host] of owners) places.set(mac, host)
  return places
}
