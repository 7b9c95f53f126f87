// One network that machines of a test share: a bridge in a namespace of its own.

import type { Namespace, Sandbox } from './netns.ts'

/** Gives each machine a namespace with a device on that network. */
export interface Wan {
  addMachine(name: string, address: string): Promise<Namespace>
}

/** `device`: what the machines call theirs. */
export async function addWan(sandbox: Sandbox, device: string): Promise<Wan> {
  const wan = await sandbox.addNamespace('wan')
  await sandbox.addBridge(wan, 'br0')
  return {
    addMachine: async (name, address) => {
      const namespace = await sandbox.addNamespace(name)
      await sandbox.addVeth(
        { namespace, device, address: `${address}/24` },
        { namespace: wan, device: name, bridge: 'br0' },
      )
      return namespace
    },
  }
}
