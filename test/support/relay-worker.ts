// A relay (relay.ts) as a process of its own, for links inside a namespace. Steered over the
// process channel by remote-relay.ts.

import { serveRequests } from '../../bench/channel.ts'
import { createRelay, type Relay } from './relay.ts'

export type RelayRequest =
  | { readonly kind: 'open'; readonly target: number }
  | { readonly kind: 'drop'; readonly how: 'reset' | 'end' }

let relay: Relay | null = null

serveRequests<RelayRequest>(async (request) => {
  if (request.kind === 'drop') return relay?.drop(request.how)
  relay = await createRelay(request.target)
  return relay.port
})
