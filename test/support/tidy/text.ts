// Rules that need only the text of a file: header comment, columns, length, work left open.

import { FILE_LINES_MAX, type Finding, LINE_COLUMNS_MAX } from './rules.ts'

const HEADER: Readonly<Record<string, RegExp>> = {
  ts: /^(#!.*\n)?\/[/*]/,
  cc: /^\/[/*]/,
  c: /^\/[/*]/,
  h: /^\/[/*]/,
  proto: /^\/[/*]/,
  yaml: /^#/,
  sh: /^(#!.*\n)?(#[^!]|\/\/)/,
}

// Written so that this file does not find itself.
const OPEN_WORK = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`)
const SWITCHED_OFF = /\b(test|it|describe|suite)\.(skip|only|todo|fails)\b(?!If)/

/** `sh`: files without extension, which are scripts. */
export function languageOf(file: string): string {
  return /\.([a-z]+)$/.exec(file)?.[1] ?? 'sh'
}

/** Checks one file by its text alone. `file` is the path in the repository. */
export function checkText(file: string, text: string): Finding[] {
  const found: Finding[] = []
  const report = (line: number, rule: string, message: string) =>
    found.push({ file, line, rule, message })

  if (!(HEADER[languageOf(file)] ?? /^/).test(text)) {
    report(1, 'header', 'no header comment: say first what the file is for')
  }
  const lines = text.split('\n')
  if (lines.length - 1 > FILE_LINES_MAX) {
    report(1, 'file-length', `${lines.length - 1} lines, limit ${FILE_LINES_MAX}: one idea a file`)
  }
  for (const [index, line] of lines.entries()) {
    if ([...line].length > LINE_COLUMNS_MAX && !/https?:\/\//.test(line)) {
      report(index + 1, 'columns', `longer than ${LINE_COLUMNS_MAX} columns: break the line`)
    }
    if (OPEN_WORK.test(line)) {
      report(index + 1, 'open-work', 'work left open in a comment: do it, or file it')
    }
    if (SWITCHED_OFF.test(line)) {
      report(
        index + 1,
        'switched-off',
        'a test switched off or singled out: mend it; where a machine lacks something, ' +
          'skip inside the test with the reason',
      )
    }
  }
  return found
}
