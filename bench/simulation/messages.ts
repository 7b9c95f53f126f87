// What passes between the proxy and a simulated host: the control messages that the adaptation
// uses, with what counts in them. The real ones: src/wire/control.ts.

import type { PathRule } from '../../src/adapt/types.ts'
import type { MacAddress } from '../../src/base/mac.ts'

export interface LinkOrder {
  readonly kind: 'link-order'
  readonly orderId: string
  readonly peer: string
  readonly dial: boolean
  readonly isRemoved: boolean
}

export interface PathRules {
  readonly kind: 'path-rules'
  readonly sequence: number
  readonly rules: readonly PathRule[]
}

export type ToHost = LinkOrder | PathRules

export interface LinkReport {
  readonly kind: 'link-report'
  readonly orderId: string
  readonly peer: string
  readonly state: 'up' | 'failed' | 'down' | 'removed'
  readonly reason: string
}

export type ToProxy =
  | LinkReport
  | { readonly kind: 'rules-answer'; readonly sequence: number; readonly error: string | null }
  /** The guests that are here now, whole. */
  | { readonly kind: 'guests'; readonly guests: readonly MacAddress[] }

/** A session between a host and the proxy, over the star link. */
export interface Session {
  readonly host: string
  isOpenAtHost: boolean
  isOpenAtProxy: boolean
  readonly toHost: (message: ToHost) => void
  readonly toProxy: (message: ToProxy) => void
}

export function describeMessage(message: ToHost | ToProxy): string {
  switch (message.kind) {
    case 'link-order': {
      const { isRemoved, dial, peer, orderId } = message
      return `${isRemoved ? 'remove' : dial ? 'dial' : 'accept'} ${peer} (order ${orderId})`
    }
    case 'path-rules': {
      const via = [...new Set(message.rules.map((rule) => rule.via))].join(' ')
      return `rules ${message.sequence}: ${message.rules.length} via ${via || 'nobody'}`
    }
    case 'link-report':
      return `link to ${message.peer} ${message.state} (order ${message.orderId})`
    case 'rules-answer':
      return `rules ${message.sequence} ${message.error ?? 'are set'}`
    case 'guests':
      return `${message.guests.length} guests`
  }
}
