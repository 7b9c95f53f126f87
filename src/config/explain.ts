// `vnet config explain KEY`: what a key means, its type, default and unit, and whether a reload
// applies it; for a parent key also the keys below it.

import { VnetError } from '../base/errors.ts'
import { describeAll, type KeyDescription } from './describe.ts'
import { nearest } from './nearest.ts'

export interface KeyExplanation extends KeyDescription {
  readonly children: readonly KeyDescription[]
}

/** All top-level keys, for `explain` without a key. */
export function listConfigKeys(): readonly KeyDescription[] {
  return describeAll()
}

/**
 * Explains one key, written as in the file with dots (`log.level`, `ports[].mtu` or `ports.mtu`).
 * @throws VnetError `config-unknown-key` with the nearest right one.
 */
export function explainConfig(key: string): KeyExplanation {
  const all = describeAll()
  const wanted = normalise(key)
  const own =
    all.find((entry) => normalise(entry.path) === wanted) ??
    onlyOne(all.filter((entry) => normalise(entry.path).endsWith(`.${wanted}`)))
  if (own === undefined) {
    const near =
      nearest(
        wanted,
        all.map((entry) => normalise(entry.path)),
      ) ??
      nearest(
        wanted.split('.').at(-1) ?? '',
        all.map((entry) => lastPart(entry.path)),
      )
    throw new VnetError('config-unknown-key', `there is no key '${key}'`, {
      hint: near === null ? "'vnet config explain' lists all keys" : `did you mean '${near}'?`,
    })
  }
  const prefix = `${normalise(own.path)}.`
  return { ...own, children: all.filter((entry) => normalise(entry.path).startsWith(prefix)) }
}

const normalise = (path: string) => path.replaceAll(/\[\d*\]/g, '')
const lastPart = (path: string) => path.split('.').at(-1) ?? ''

function onlyOne<T>(list: readonly T[]): T | undefined {
  return list.length === 1 ? list[0] : undefined
}
