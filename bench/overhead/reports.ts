// What reports take on a host's way to the proxy: eight guests of one host talk to each other, so
// that nothing of theirs leaves it, and the host's device counts what does.

import { setTimeout as sleep } from 'node:timers/promises'
import type { GuestNetwork } from '../guests.ts'
import type { Measures } from '../harness.ts'

/** To each of the seven others. */
const RATE = 100_000
/** Until the silence after traffic is no news any more, and is not reported at each edge. */
const CALM_MS = 3_000

export const REPORTS_METHOD = [
  'Reports: eight guests of one host, all-to-all among each other. What the device of the host ' +
    'sends a second (TCP, TLS and Ethernet included) with the inference on, less the same with ' +
    'it off: talkingBytesPerSecond; the same while no guest sends: idleBytesPerSecond.',
]

export async function measureReports(
  { hosts, guests }: GuestNetwork,
  { turn, seconds }: { readonly turn: (isOn: boolean) => Promise<void>; readonly seconds: number },
): Promise<Measures> {
  const machine = hosts[0]?.namespace
  if (machine === undefined) throw new Error('there is a host')
  const sentBytes = async () => {
    const text = await machine.exec('cat', '/sys/class/net/eth0/statistics/tx_bytes')
    return Number(text)
  }
  const rate = async (isOn: boolean) => {
    await turn(isOn)
    await sleep(500)
    const [before, startMs] = [await sentBytes(), performance.now()]
    await sleep(seconds * 1_000)
    return ((await sentBytes()) - before) / ((performance.now() - startMs) / 1_000)
  }
  await sleep(CALM_MS)
  const idle = { off: await rate(false), on: await rate(true) }
  for (const guest of guests) {
    guest.schedule(
      Date.now(),
      RATE,
      guests.filter((other) => other !== guest),
    )
  }
  const talking = { on: await rate(true), off: await rate(false) }
  for (const guest of guests) guest.schedule(Date.now(), 1, [])
  return {
    talkingBytesPerSecond: talking.on - talking.off,
    idleBytesPerSecond: idle.on - idle.off,
    withoutBytesPerSecond: idle.off,
  }
}
