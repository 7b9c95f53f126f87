// Rules about files together: none is dead, and the links of the documents lead somewhere.

import { dirname, join } from 'node:path/posix'
import type { Finding } from './rules.ts'
import type { Import } from './typescript.ts'

/** Started by name, not imported: the command, and workers named by URL. */
const ENTRIES = new Set(['src/cli/main.ts'])

/**
 * Files of src/ that nothing needs. A file that only its own unit test imports is dead too.
 * @param files paths of all files of src/
 */
export function findDeadFiles(files: readonly string[], imports: readonly Import[]): Finding[] {
  const needed = new Set<string>()
  for (const { from, to } of imports) {
    const isOwnTest = from === to.replace(/^src\//, 'test/unit/').replace(/\.ts$/, '.test.ts')
    if (from !== to && !isOwnTest) needed.add(to)
  }
  const dead = files.filter((file) => !needed.has(file) && !ENTRIES.has(file))
  return dead.map((file) => ({
    file,
    line: 1,
    rule: 'dead-file',
    message: 'nothing imports it: remove it, or use it',
  }))
}

/**
 * Relative links of a Markdown file to files that do not exist.
 * @param exists tells whether a path of the repository is there
 */
export function checkLinks(
  file: string,
  text: string,
  exists: (path: string) => boolean,
): Finding[] {
  const found: Finding[] = []
  for (const [index, line] of text.split('\n').entries()) {
    for (const match of line.matchAll(/\]\(([^)\s]+)\)/g)) {
      const target = (match[1] ?? '').replace(/#.*$/, '')
      if (target === '' || /^[a-z]+:/.test(target)) continue
      if (!exists(join(dirname(file), target))) {
        const message = `the link to '${target}' leads nowhere: mend it`
        found.push({ file, line: index + 1, rule: 'broken-link', message })
      }
    }
  }
  return found
}

/** Command lines of `vnet` in a Markdown file: in code blocks and in backticks. */
export function commandLinesOf(text: string): { line: number; words: string[] }[] {
  const found: { line: number; words: string[] }[] = []
  let isInBlock = false
  for (const [index, line] of text.split('\n').entries()) {
    if (line.startsWith('```')) isInBlock = !isInBlock
    const parts = isInBlock
      ? line.replace(/(^|\s)#.*$/, '').split(/\s(?:&&|\||>|<)\s/)
      : [...line.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')
    for (const part of parts) {
      const command = /^\s*(?:bin\/)?vnet ([a-z].*)$/.exec(part)?.[1]
      if (command) found.push({ line: index + 1, words: command.trim().split(/\s+/) })
    }
  }
  return found
}
