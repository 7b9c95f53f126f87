// `vnet proxy`: the proxy as a process.

import { systemClock } from '../base/clock.ts'
import { loadConfig } from '../config/load.ts'
import type { ProxyConfig } from '../config/schema.ts'
import { type Ground, type RunningDaemon, runService } from '../daemon/service.ts'
import { ensureProxyIdentity, openProxyTrust } from '../trust/proxy-trust.ts'
import { openInferenceStore } from './inference-store.ts'
import { openNetworkStore } from './network-store.ts'
import { createProxyDaemon, type ProxyDaemon, type ProxyOptions } from './proxy.ts'

/**
 * Runs a proxy until it is told to stop; makes network, CA and certificate at the first start.
 * Resolves to the exit status.
 * @throws VnetError if it cannot start.
 */
export function runProxy(configPath: string): Promise<number> {
  return runService<ProxyConfig>({
    readConfig: () => loadConfig(configPath, 'proxy'),
    build,
  })
}

async function build(ground: Ground<ProxyConfig>): Promise<RunningDaemon> {
  const { config } = ground
  const nowMs = systemClock().wallMs()
  const stateDir = config.state
  const { network, name: proxyName } = config
  const trust = await openProxyTrust({ stateDir, network, proxyName, nowMs })
  try {
    const identity = await ensureProxyIdentity(trust, { stateDir, nowMs })
    const store = openNetworkStore(stateDir)
    try {
      return await buildDaemon({ ...ground, identity, trust, store })
    } catch (error) {
      store.close()
      throw error
    }
  } catch (error) {
    trust.store.close()
    throw error
  }
}

async function buildDaemon(options: Omit<ProxyOptions, 'inferenceStore'>): Promise<ProxyDaemon> {
  const inferenceStore = openInferenceStore(options.config.state)
  try {
    return await createProxyDaemon({ ...options, inferenceStore })
  } catch (error) {
    inferenceStore.close()
    throw error
  }
}
