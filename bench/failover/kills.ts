// A host's daemon and the proxy are killed while streams run.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Measures } from '../harness.ts'
import { until } from '../wait.ts'
import type { HostName, Site } from './site.ts'
import { monotonicMs, startStream } from './stream.ts'

const BEFORE_MS = 300
const AWAY_MS = 1_000
const AFTER_MS = 1_000
const PATIENCE_MS = 20_000

function streamBetween({ hosts }: Site, from: HostName, to: HostName) {
  const { namespace, address } = hosts[to].guest
  return startStream({ from: hosts[from].guest.namespace, to: namespace, address })
}

/** Kills beta under a stream to its guest; alpha and gamma talk over a fast path of theirs. */
export async function killHost(site: Site): Promise<Measures> {
  const { beta } = site.hosts
  await site.connect('alpha', 'beta', 'tcp')
  await site.connect('alpha', 'gamma', 'tcp')
  const others = await streamBetween(site, 'alpha', 'gamma')
  await sleep(BEFORE_MS)
  process.kill(beta.daemon.pid, 'SIGKILL')
  await sleep(AWAY_MS)
  const startMs = monotonicMs()
  await site.restart('beta')
  await site.addressGuest('beta')
  const ping = ['ping', '-c', '1', '-W', '0.2', beta.guest.address] as const
  await until(() => site.hosts.alpha.guest.namespace.exec(...ping), {
    ...{ what: 'payload to the host that was killed', intervalMs: 20, timeoutMs: PATIENCE_MS },
  })
  const restartMs = monotonicMs() - startMs
  const outcome = await others.stop()
  await until(async () => (await beta.daemon.admin.status()).star === 'up', {
    ...{ what: 'the star link of beta', timeoutMs: PATIENCE_MS },
  })
  await site.route('beta', 'alpha', 'direct') // its rules went with it
  await site.waitUntilDirect('alpha', 'beta')
  const directMs = monotonicMs() - startMs
  await site.disconnect('alpha', 'beta')
  await site.disconnect('alpha', 'gamma')
  return { othersLostFrames: outcome.lost, restartMs, directMs }
}

/** Kills the proxy under a stream over a fast path, and starts it again. */
export async function killProxy(site: Site): Promise<Measures> {
  await site.connect('alpha', 'beta', 'tcp')
  const stream = await streamBetween(site, 'alpha', 'beta')
  await sleep(BEFORE_MS)
  process.kill(site.network.proxy.pid, 'SIGKILL')
  await sleep(AWAY_MS)
  const startMs = monotonicMs()
  await site.network.restartProxy()
  const { admin } = site.network.proxy
  const isConverged = async () => {
    const hosts = await admin.hosts()
    const isUp = hosts.every((host) => host.state === 'up')
    return isUp && hosts.filter((host) => host.fastPaths.length > 0).length === 2
  }
  await until(isConverged, {
    ...{ what: 'the new proxy', intervalMs: 50, timeoutMs: PATIENCE_MS },
  })
  const convergedMs = monotonicMs() - startMs
  await sleep(AFTER_MS)
  const outcome = await stream.stop()
  await site.disconnect('alpha', 'beta')
  const silences = outcome.gaps.map(([fromMs, toMs]) => toMs - fromMs)
  return {
    convergedMs,
    lostFrames: outcome.lost,
    duplicates: outcome.duplicates,
    longestSilenceMs: Math.max(0, ...silences),
  }
}
