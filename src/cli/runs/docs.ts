// `vnet docs`: docs/cli.md, made from the table of commands, and the tables of docs/lab.md and
// docs/vttif.md.
// scripts/generate-docs writes them, and tests keep them fresh.

import { PARAMETERS } from '../../control/parameters.ts'
import { topologyTables } from '../../lab/topology-docs.ts'
import { type Command, type Context, nameOf, optionsOf } from '../command.ts'
import { optionAbout, optionText, synopsis } from '../help.ts'
import { GROUPS } from '../table.ts'
import { formatCount } from '../units.ts'

/** The common ones are told once, at the top. */
const COMMON = new Set(['json', 'socket', 'watch', 'help'])

const HEAD = `# The command line

Generated from the table of commands by \`scripts/generate-docs\`; do not edit.

\`vnet COMMAND --help\` shows the same on the terminal. What all commands have in common:

- Results go to standard output, everything else to standard error. Colour only on a terminal,
  and not with \`NO_COLOR\`.
- \`--json\` prints JSON, one document a line. The types named below are those of the admin API
  in [src/control/api.ts](../src/control/api.ts); fields are only added.
- \`--socket PATH\` names the daemon's admin socket; otherwise \`$VNET_SOCKET\`, or the only
  socket in \`/run/vnet\`.
- \`--watch [SECONDS]\` shows the answer again and again (every 2 s without a number).
- Exit status: 0 done, 1 it did not work, 2 the command line was wrong. Failures are told on
  standard error as \`error: what and why\` and \`try: what to do\`; with \`--json\` also on
  standard output as \`{"error":{"code","message","hint"}}\`.
`

export async function runDocs({ args, out }: Context): Promise<undefined> {
  const part = args.optionalText('PART')
  if (part === 'topology') out.stdout.write(topologyTables())
  else if (part === 'parameters') out.stdout.write(parameterTable())
  else out.stdout.write(cliPage())
}

/** What `vnet set` sets, for docs/vttif.md. */
export function parameterTable(): string {
  const rows = PARAMETERS.map(({ name, default: fallback, min, max, unit, meaning }) => {
    const range = `${formatCount(min)} to ${formatCount(max)} ${unit}`.trimEnd()
    return `| \`${name}\` | ${formatCount(fallback)} | ${range} | ${meaning} |`
  })
  return `${['| name | default | range | meaning |', '|---|---|---|---|', ...rows].join('\n')}\n`
}

/** The whole page. */
export function cliPage(): string {
  const groups = GROUPS.map(({ title, commands }) => {
    const sections = commands.filter(({ isHidden }) => isHidden !== true).map(section)
    return [`## ${title}`, ...sections].join('\n\n')
  })
  return `${[HEAD.trimEnd(), contents(), ...groups].join('\n\n')}\n`
}

function contents(): string {
  const rows = GROUPS.flatMap(({ commands }) => commands)
    .filter(({ isHidden }) => isHidden !== true)
    .map((command) => `| [${nameOf(command)}](#${anchor(command)}) | ${command.summary} |`)
  return ['| command | what it does |', '|---|---|', ...rows].join('\n')
}

function section(command: Command): string {
  const { positionals = [], details = [], examples } = command
  const capital = command.summary.charAt(0).toUpperCase() + command.summary.slice(1)
  const common = Object.keys(optionsOf(command)).filter((name) => COMMON.has(name))
  const options = Object.entries(command.options ?? {}).map(
    ([name, option]) => `- \`${optionText(name, option)}\`: ${optionAbout(option)}`,
  )
  const also = common.filter((name) => name !== 'help').map((name) => `\`--${name}\``)
  const json = command.jsonType === undefined ? '' : ` JSON: \`${command.jsonType}\`.`
  return [
    `### ${nameOf(command)}`,
    `\`${synopsis(command)}\``,
    [`${capital}.`, ...details].join('\n\n'),
    ...[
      [
        ...positionals.map(({ name, about }) => `- \`${name}\`: ${about}`),
        ...options,
        ...(also.length === 0 ? [] : [`- also ${also.join(', ')}.${json}`]),
      ].join('\n'),
    ].filter((text) => text !== ''),
    ['```sh', ...examples.flatMap(({ line, about }) => [`# ${about}`, line]), '```'].join('\n'),
  ].join('\n\n')
}

function anchor(command: Command): string {
  return nameOf(command).replaceAll(' ', '-')
}
