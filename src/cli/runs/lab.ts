// `vnet lab up|down|status|exec|graph`.

import { VnetError } from '../../base/errors.ts'
import { down, exec, graph, type LabNode, type LabStatus, status, up } from '../../lab/commands.ts'
import { endHolder, isOrdinaryUser, runInside } from '../../lab/holder.ts'
import { type Column, renderTable } from '../columns.ts'
import type { Context } from '../command.ts'
import { catchInterrupt } from '../interrupt.ts'

export async function runLabUp(context: Context): Promise<number> {
  const { words } = context
  if (isOrdinaryUser()) return (await runInside(words, { isMade: true })) ?? 1
  const { args, out } = context
  const { signal, release } = catchInterrupt(() => out.note('one moment: taking it away'))
  try {
    const lab = await up(args.text('TOPOLOGY'), { progress: (line) => out.note(line), signal })
    if (out.isJson) out.json(lab)
    else printLab(context, lab)
    return 0
  } catch (error) {
    if (error !== signal.reason) throw error
    throw new VnetError('interrupted', 'stopped by the user', { cause: error })
  } finally {
    release()
  }
}

export async function runLabDown({ args, words, out }: Context): Promise<number> {
  const name = args.optionalText('TOPOLOGY')
  if (name === undefined && !args.flag('all')) {
    throw new VnetError('lab-which', 'which lab shall go?', {
      hint: 'name it, or give --all; `vnet lab status` lists them',
    })
  }
  if (isOrdinaryUser()) {
    const status = await runInside(words, { isMade: false })
    if (args.flag('all')) await endHolder()
    if (status !== null) return status
  }
  const gone = await down(name ?? null)
  if (out.isJson) out.json(gone)
  else out.note(gone.length === 0 ? 'there was no lab' : `taken away: ${gone.join(', ')}`)
  return 0
}

export async function runLabStatus(context: Context): Promise<undefined> {
  const { args, out } = context
  const labs = status(args.optionalText('TOPOLOGY') ?? null)
  if (out.isJson) out.json(labs)
  else if (labs.length === 0) out.note('no lab is up; try: vnet lab up demo')
  else for (const lab of labs) printLab(context, lab)
}

export async function runLabExec({ args, words }: Context): Promise<number> {
  const status = isOrdinaryUser() ? await runInside(words, { isMade: false }) : null
  if (status !== null) return status
  return exec(args.text('TOPOLOGY'), args.text('NODE'), args.list('PROGRAM'))
}

export async function runLabGraph({ args, out }: Context): Promise<undefined> {
  const format = args.optionalText('format') ?? 'text'
  if (format !== 'text' && format !== 'dot' && format !== 'mermaid') {
    throw new VnetError('lab-format', `there is no format '${format}'`, {
      hint: 'text, dot or mermaid',
    })
  }
  const drawing = graph(args.text('TOPOLOGY'), format)
  if (out.isJson) out.json({ format, drawing })
  else out.print(drawing)
}

const COLUMNS: readonly Column<LabNode>[] = [
  { title: 'NODE', cell: ({ name }) => ({ text: name, tone: 'strong' }) },
  { title: 'KIND', cell: ({ kind }) => kind },
  { title: 'SITE', cell: ({ site }) => site },
  { title: 'ADDRESS', cell: ({ address }) => address },
  { title: 'STATE', cell: ({ state }) => ({ text: state, tone: state === 'up' ? 'good' : 'bad' }) },
  { title: 'PID', isRight: true, cell: ({ pid }) => (pid === null ? null : String(pid)) },
]

function printLab({ out }: Context, lab: LabStatus): void {
  out.print(`lab ${lab.name}${lab.isComplete ? '' : ' (not complete: vnet lab down, then up)'}`)
  out.print(renderTable({ columns: COLUMNS, rows: lab.nodes, empty: 'no nodes', paint: out.paint }))
}
