// One network that machines of a test share: a bridge in a namespace of its own. A machine may be
// far away: behind a link of the WAN emulator, whose delay and loss change while it runs.

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectEmulator, type LinkChange } from '../../src/lab/emulator.ts'
import { type Namespace, type Sandbox, until } from './netns.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Nothing between: as fast as the emulator is. */
const PLAIN = { delay: 0, jitter: 0, loss: 0, burst: 1, queue: 50 }

/** Gives each machine a namespace with a device on that network. */
export interface Wan {
  addMachine(name: string, address: string): Promise<Namespace>
  addFarMachine(name: string, address: string): Promise<FarMachine>
}

export interface FarMachine {
  readonly namespace: Namespace
  /** Of the way to all others, each way. */
  shape(change: LinkChange): Promise<void>
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
    addFarMachine: async (name, address) => {
      const namespace = await sandbox.addNamespace(name)
      const shape = await emulate(sandbox, { name, from: { namespace, device }, to: wan })
      await namespace.ip(`addr add ${address}/24 dev ${device}`)
      await wan.ip(`link set ${name} master br0`)
      return { namespace, shape }
    },
  }
}

/** Joins a device to one of the same name as the link, through an emulator of its own. */
async function emulate(
  sandbox: Sandbox,
  link: {
    readonly name: string
    readonly from: { readonly namespace: Namespace; readonly device: string }
    readonly to: Namespace
  },
): Promise<FarMachine['shape']> {
  const { name, from, to } = link
  execFileSync(join(ROOT, 'scripts/build-emulator'))
  const socket = join(sandbox.folder, `${name}-wan.sock`)
  const program = join(ROOT, 'build/vnet-wan')
  sandbox.here().spawn(program, ['--socket', socket], { stdio: ['ignore', 'ignore', 'inherit'] })
  const emulator = await until(() => connectEmulator(socket), { what: 'the WAN emulator' })
  await emulator.add({
    name,
    a: { namespace: from.namespace.name, device: from.device },
    b: { namespace: to.name, device: name },
    shape: PLAIN,
  })
  return (change) => emulator.set(name, change)
}
