// Entries of the forwarding table. Part of the interface in plane.ts, which exports all of it.

import type { MacAddress } from '../base/mac.ts'
import type { LinkId, PortId } from './plane.ts'

/** Where a rule sends a frame. */
export type RuleTarget =
  | { readonly kind: 'port'; readonly port: PortId }
  | { readonly kind: 'link'; readonly link: LinkId }
  | { readonly kind: 'drop' }

/** An entry of the forwarding table (design section 2.1). */
export interface Rule {
  readonly destination: MacAddress
  /** With a source the rule is more specific and wins. */
  readonly source?: MacAddress
  readonly target: RuleTarget
  /** May frames that came from a link leave by this rule to another link? Default false. */
  readonly isTransit?: boolean
}

export interface RuleInfo extends Rule {
  readonly frames: number
  readonly bytes: number
}
