// What was kept before the change, as a list with sizes, and the commands that make use of it. For summary and record.

import { codeBlock, codeSpan, escapeProse, escapeText } from '../values/markdown.ts';
import { shellQuote } from '../values/shell-quote.ts';
import type { CapturedReport, Report } from './model.ts';
import type { Extent } from './tables.ts';
import { shorten } from './wording.ts';

/** `undefined` where no files were kept. */
export function keptPart(report: Report, extent: Extent): string | undefined {
  const kept = report.captured.filter(({ files, lacking }) => files.length > 0 || lacking.length > 0);
  if (kept.length === 0) return undefined;
  const shown = kept.slice(0, extent.rows);
  const diffs = shown.flatMap((each) => putBackCommand('diff', each, report));
  const applies = shown.flatMap((each) => putBackCommand('apply --server-side=false', each, report));
  return [
    shown.map((each) => listItem(each, extent)).join('\n'),
    `${whereText(report)} Secrets are \`***\`. See the difference:`,
    codeBlock([...fetchCommand(report, shown), ...diffs].join('\n'), 'sh'),
    // A block of its own: who copies the other one must not bring the bad version back.
    ...(applies.length === 0
      ? []
      : [
          'Only to put that version back, the one that was left; what Helm owns is better taken there with Helm:',
          codeBlock(applies.join('\n'), 'sh'),
        ]),
  ].join('\n\n');
}

function listItem({ of, label, files, lacking }: CapturedReport, extent: Extent): string {
  const logs = files.filter(({ path }) => path.includes('/logs/'));
  const others = files.filter((file) => !logs.includes(file));
  const names = [
    ...others.map(
      ({ path, bytes }) =>
        `${codeSpan(path.slice(path.indexOf(`${of}/`) + of.length + 1))} ${sizeText(bytes)}`,
    ),
    ...(logs.length === 0
      ? []
      : [
          `${logs.length} ${logs.length === 1 ? 'log' : 'logs'} in ${codeSpan('logs/')} ${sizeText(logs.reduce((sum, { bytes }) => sum + bytes, 0))}`,
        ]),
  ];
  const what = names.length === 0 ? 'nothing could be kept' : names.join(', ');
  const cell = (text: string): string => escapeProse(shorten(text, extent.cellCharacters));
  const lines = lacking.slice(0, extent.rows).map((line) => `  - ⚠️ Not kept: ${cell(line)}`);
  return [`- **${escapeText(shorten(of, 200))}** (${cell(label)}): ${what}`, ...lines].join('\n');
}

function sizeText(bytes: number): string {
  if (bytes < 1_024) return `(${bytes} B)`;
  if (bytes < 1_048_576) return `(${Math.round(bytes / 1_024)} KiB)`;
  return `(${(bytes / 1_048_576).toFixed(1)} MiB)`;
}

function whereText({ identity }: Report): string {
  const folder = codeSpan('captured/');
  return identity.run === undefined
    ? `The files are in ${folder} beside the journal.`
    : `The files are in ${folder} beside the journal; the reusable workflows keep both as an artifact of the run.`;
}

/** The artifact that the reusable workflows keep, and the folder in it that the other commands are for. */
function fetchCommand({ identity }: Report, kept: readonly CapturedReport[]): readonly string[] {
  const { run, incident } = identity;
  const folder = kept.find((each) => each.folder !== undefined)?.folder ?? incident;
  if (run === undefined) return [`cd ${shellQuote(`.rollback-plan/${folder}`)}`];
  const name = shellQuote(`rollback-plan-${incident}-${run.attempt}`);
  return [
    `gh run download ${shellQuote(run.id)} --repo ${shellQuote(run.repository)} --name ${name} && cd ${shellQuote(folder)}`,
  ];
}

function putBackCommand(
  verb: string,
  { files, namespace }: CapturedReport,
  { identity }: Report,
): readonly string[] {
  const state = files.find(({ path }) => path.endsWith('/state.yaml'));
  if (state === undefined) return [];
  const flags = [
    ...(identity.context === undefined ? [] : [`--context=${shellQuote(identity.context)}`]),
    ...(namespace === undefined ? [] : [`--namespace=${shellQuote(namespace)}`]),
    `--filename=${shellQuote(state.path)}`,
  ].join(' ');
  return [`kubectl ${verb} ${flags}`];
}
