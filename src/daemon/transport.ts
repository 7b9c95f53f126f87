// Which transport the fast path of an order may use: what the proxy ordered and what this host's
// own configuration says, the stricter of both. Pure.

import type { TransportPolicy } from '../plane/plane.ts'

/** Of a LinkOrder; empty: an older proxy, which knows of no choice. Null: not known here. */
export function parseTransport(text: string): TransportPolicy | null {
  if (text === '') return 'auto'
  return text === 'auto' || text === 'tcp' || text === 'udp' ? text : null
}

/** Null: one allows only TCP and the other only UDP. */
export function stricterTransport(
  one: TransportPolicy,
  other: TransportPolicy,
): TransportPolicy | null {
  if (one === other || other === 'auto') return one
  return one === 'auto' ? other : null
}
