// The ports of a daemon: from the configuration's keys to the plane's options, opened at the start
// and after a reload.

import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { PortConfig } from '../config/schema.ts'
import type { Plane, PortId, PortOptions } from '../plane/plane.ts'
import { refuseOwnDevice } from '../tap/underlay.ts'

/** What the plane is asked for. `overlayPorts` are kept out of captures. */
export function portOptions(port: PortConfig, overlayPorts: readonly number[]): PortOptions {
  const { name, device } = port
  if (port.kind === 'pcap') {
    const filter = port.filter === undefined ? {} : { filter: port.filter }
    return { kind: 'pcap', name, device, ...filter, excludePorts: overlayPorts }
  }
  return {
    kind: 'tap',
    name,
    device,
    mtu: port.mtu,
    isPersistent: port.persistent,
    isOffloaded: port.offload,
    ...(port.netns === undefined ? {} : { netns: port.netns }),
    ...(port.mac === undefined ? {} : { mac: port.mac }),
    ...(port.owner === undefined ? {} : { owner: port.owner }),
  }
}

export interface Ports {
  /** @throws VnetError `port-open`. */
  open(port: PortConfig): void
  close(name: string): void
  /** Closes the ports whose devices are gone, so that they can be opened again; their names. */
  closeDead(): readonly string[]
  idOf(name: string): PortId | null
  nameOf(id: PortId): string | null
  /** Removes and opens; a port that cannot be opened is logged and returned, the rest goes on. */
  apply(change: {
    readonly portsRemoved: readonly string[]
    readonly portsAdded: readonly PortConfig[]
  }): readonly string[]
}

export function createPorts(
  plane: Pick<Plane, 'addPort' | 'removePort' | 'ports'>,
  options: {
    readonly log: Log
    /** Asked at each port: which one listens is known once it does. */
    readonly overlayPorts: () => readonly number[]
  },
): Ports {
  const { log } = options
  const ids = new Map<string, PortId>()
  /** Names of the ports whose device is in a namespace of its own. */
  const elsewhere = new Set<string>()

  function open(port: PortConfig): void {
    if (port.kind === 'pcap') {
      const here = plane.ports().filter(({ name }) => !elsewhere.has(name))
      refuseOwnDevice(port.device, here)
    }
    if (port.kind === 'tap' && port.netns !== undefined) elsewhere.add(port.name)
    else elsewhere.delete(port.name)
    const info = plane.addPort(portOptions(port, options.overlayPorts()))
    ids.set(port.name, info.id)
    log.info({ port: port.name, kind: port.kind, device: info.device }, 'port opened')
  }

  function close(name: string): void {
    const id = ids.get(name)
    if (id === undefined) return
    ids.delete(name)
    plane.removePort(id)
    log.info({ port: name }, 'port closed')
  }

  return {
    open,
    close,
    closeDead() {
      const dead = plane.ports().filter(({ name, state }) => state === 'down' && ids.has(name))
      for (const { name } of dead) close(name)
      return dead.map(({ name }) => name)
    },
    // The plane is asked, so that ports which tests add directly are known, too.
    idOf: (name) => plane.ports().find((port) => port.name === name)?.id ?? null,
    nameOf: (id) => plane.ports().find((port) => port.id === id)?.name ?? null,
    apply({ portsRemoved, portsAdded }) {
      for (const name of portsRemoved) close(name)
      const failed: string[] = []
      for (const port of portsAdded) {
        try {
          open(port)
        } catch (error) {
          failed.push(port.name)
          log.error({ port: port.name, err: error }, `port not opened: ${messageOf(error)}`)
        }
      }
      return failed
    },
  }
}
