// Parts of the job summary: how much each may show, sections that are open or folded, and what a dry run shows.

import { codeBlock, details, escapeText, heading } from '../values/markdown.ts';
import { plannedCommands, previews } from './evidence.ts';
import type { Report } from './model.ts';
import type { Extent } from './tables.ts';
import { changesTable, checksTable, stepsTable } from './tables.ts';
import { firstBytes } from './wording.ts';

export type Detail = Extent & {
  /** Of each stream of each operation; 0 leaves logs away. */
  readonly logBytes: number;
  /** Of each preview; 0 leaves previews away. */
  readonly previewBytes: number;
  readonly commandBytes: number;
  /** What the reader is told is missing. */
  readonly missing: string | undefined;
};

export function dryRunParts(report: Report, detail: Detail): readonly (string | undefined)[] {
  const shown = previews(report);
  const diffs =
    detail.previewBytes === 0
      ? []
      : shown.slice(0, detail.rows).map(({ title, preview }) => {
          if (preview === undefined) return `**${escapeText(title)}**: can't be previewed.`;
          if (preview.trim() === '') return `**${escapeText(title)}**: the server would change nothing.`;
          return `**${escapeText(title)}**\n\n${codeBlock(firstBytes(preview, detail.previewBytes), 'diff')}`;
        });
  return [
    section('Now → then', changesTable(report, detail), true),
    section('What would run', commandsPart(report, detail), true),
    section('What the server says would change', diffs.length === 0 ? undefined : diffs.join('\n\n'), true),
    report.digest === undefined || report.phases.length === 0
      ? undefined
      : `${heading(3, 'Digest to approve')}\n\n${codeBlock(report.digest)}\n\nAnother plan, target, version or commit gives another digest, and the run that was approved refuses.`,
    section('Steps', stepsTable(report, detail), false),
    section('Checks', checksTable(report, detail), true),
  ];
}

/** What a person is asked to press, where the machine only prepared it. */
export function preparedPart(report: Report, detail: Detail): string | undefined {
  return report.verdict.fault?.code === 'person-decides' ? commandsPart(report, detail) : undefined;
}

function commandsPart(report: Report, detail: Detail): string | undefined {
  const commands = plannedCommands(report);
  return commands === '' ? undefined : codeBlock(firstBytes(commands, detail.commandBytes), 'sh');
}

export function section(title: string, body: string | undefined, open: boolean): string | undefined {
  if (body === undefined) return undefined;
  return open ? `${heading(3, title)}\n\n${body}` : details(title, body);
}
