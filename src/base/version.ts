// The program's version, from package.json.

import { readFileSync } from 'node:fs'

const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')

/** Such as `0.1.0`. */
export const VERSION: string = (JSON.parse(text) as { readonly version: string }).version
