// Which daemon a file is meant for, and where the daemons' files are.

import { checkConfig } from '../../config/load.ts'
import type { Role } from '../../config/schema.ts'

/** Where a daemon's file is if none is named. */
export function defaultConfigPath(role: Role): string {
  return `/etc/vnet/${role}.yaml`
}

/** The role in which the file has fewer mistakes; where that says nothing, the `proxy` key. */
export function guessRole(text: string): Role {
  const mistakes = (role: Role) => {
    const check = checkConfig(text, role)
    return check.ok ? 0 : check.problems.length
  }
  const asHost = mistakes('host')
  const asProxy = mistakes('proxy')
  if (asHost === asProxy) return /^\s*proxy\s*:/m.test(text) ? 'host' : 'proxy'
  return asHost < asProxy ? 'host' : 'proxy'
}
