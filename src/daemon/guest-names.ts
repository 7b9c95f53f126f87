// Tells the proxy what guests are called here, for people: a port with one guest behind it gives
// that guest its name. Sent whole, when it changed.

import type { Cancel, Clock } from '../base/clock.ts'
import type { MacAddress } from '../base/mac.ts'
import type { Question } from '../link/requests.ts'
import type { Plane, PortId } from '../plane/plane.ts'
import { GUEST_NAMES_PER_MESSAGE_MAX } from '../wire/message.ts'

/** Ports and MACs come and go in swarms, and names are for people. */
const DELAY_MS = 500

export interface GuestNaming {
  /** Ports or MACs may have changed. */
  changed(): void
  /** The proxy is there (again), and knows nothing. */
  startOver(): void
  stop(): void
}

export function createGuestNaming(options: {
  readonly plane: Pick<Plane, 'ports' | 'macs'>
  readonly clock: Clock
  /** False: not sent. */
  readonly send: (message: Question) => boolean
}): GuestNaming {
  const { plane, clock } = options
  let sent = ''
  let cancel: Cancel | null = null

  function tell(): void {
    cancel = null
    const names = namesOf(plane)
    const text = JSON.stringify(names)
    if (text === sent) return
    if (messagesOf(names).every((message) => options.send(message))) sent = text
  }

  const schedule = () => {
    cancel ??= clock.after(DELAY_MS, tell)
  }
  return {
    changed: schedule,
    startOver() {
      sent = ''
      schedule()
    },
    stop: () => cancel?.(),
  }
}

interface Named {
  readonly mac: MacAddress
  readonly name: string
}

/** One guest a port: its name. More: nobody knows which is meant. */
export function namesOf(plane: Pick<Plane, 'ports' | 'macs'>): readonly Named[] {
  const behind = new Map<PortId, MacAddress[]>()
  for (const { mac, where } of plane.macs()) {
    if (where.kind !== 'port') continue
    behind.set(where.port, [...(behind.get(where.port) ?? []).slice(0, 1), mac])
  }
  return plane.ports().flatMap(({ id, name }) => {
    const [mac, ...others] = behind.get(id) ?? []
    return mac === undefined || others.length > 0 ? [] : [{ mac, name }]
  })
}

function messagesOf(names: readonly Named[]): readonly Question[] {
  const messages: Question[] = []
  for (let at = 0; at < names.length || at === 0; at += GUEST_NAMES_PER_MESSAGE_MAX) {
    const part = names.slice(at, at + GUEST_NAMES_PER_MESSAGE_MAX)
    messages.push({ kind: 'guestNames', isFull: at === 0, names: part })
  }
  return messages
}
