// What people ask the adaptation and set of it.

import { backOffViews, linkViews } from '../adapt/views.ts'
import { VnetError } from '../base/errors.ts'
import { isGroupMac } from '../base/mac.ts'
import type { AdaptationBackend, AdaptView, PathPinRequest } from '../control/adaptation.ts'
import type { AdaptationParts } from './adaptation-parts.ts'
import type { GuestBook } from './guest-book.ts'

export function createAdaptAdmin(
  parts: AdaptationParts,
  guestBook: GuestBook,
  audit: (action: string, detail: string) => void,
): AdaptationBackend {
  const { records } = parts.engine
  return {
    view: () => viewOf(parts, guestBook),
    setLevel(level) {
      if (level === parts.level()) return
      parts.setLevel(level)
      audit('adaptation-level', level)
    },
    setPin(pin) {
      const { source, destination, path } = sorted(pin)
      if (source === destination || isGroupMac(source) || isGroupMac(destination)) {
        throw new VnetError('request-invalid', 'a pin needs two different guests')
      }
      parts.setPin({ source, destination, path })
      audit('path-pinned', `${source} - ${destination}: ${path}`)
    },
    recent: (count) => records.recent(count),
    follow: (onRecord) => records.follow(onRecord),
  }
}

/** A pin is of both directions. */
function sorted(pin: PathPinRequest): PathPinRequest {
  const { source, destination, path } = pin
  return source < destination ? pin : { source: destination, destination: source, path }
}

function viewOf({ engine, level, pins }: AdaptationParts, guestBook: GuestBook): AdaptView {
  const { state, latest } = engine
  const { budgets, margin, dwellMs } = state.settings
  return {
    level: level(),
    ...{ budgets, margin, dwellMs },
    isSettling: state.grace !== null,
    plan: latest === null ? null : planView(latest, state.planNumber),
    links: linkViews(state),
    backOffs: backOffViews(state),
    pins: pins(),
    names: guestBook.namesOf(pins().flatMap(({ source, destination }) => [source, destination])),
  }
}

function planView(
  { atMs, plan }: NonNullable<AdaptationParts['engine']['latest']>,
  number: number,
): AdaptView['plan'] {
  const { onStar: _, ...rest } = plan
  return { ...rest, number, atMs }
}
