// Whether a rollback would work now, as its gates say: the answer, the score, and the Markdown for summary and pull
// request. Pure. A gate counts as passed unless something it found refuses or can't be told.

import { codeBlock, escapeProse, escapeText, heading } from '../values/markdown.ts';
import type { GateReport, Report, RunReport } from './model.ts';
import { prose, table, text } from './table-cells.ts';
import { gateName, shorten, utc } from './wording.ts';

export type Readiness = {
  readonly ready: boolean;
  /** Gates that had something to say, and those of them that passed. */
  readonly asked: number;
  readonly passed: number;
};

/** Names of the files beside the result. */
export const readinessFiles = { markdown: 'readiness.md', badge: 'badge.json' } as const;

export function isPreflight({ identity }: RunReport): boolean {
  return identity.mode === 'preflight';
}

/** `undefined` for a run that was no preflight. */
export function readinessOf(report: RunReport): Readiness | undefined {
  if (!isPreflight(report)) return undefined;
  const names = [...new Set(report.gates.map(({ name }) => name))];
  const stopping = new Set(
    report.gates.filter(({ state }) => state === 'refuse' || state === 'unknown').map(({ name }) => name),
  );
  return {
    ready: report.verdict.outcome === 'ready' && report.verdict.green && stopping.size === 0,
    asked: names.length,
    passed: names.length - stopping.size,
  };
}

/** `9 of 10 gates passed`. */
export function scoreText({ asked, passed }: Readiness): string {
  return `${passed} of ${asked} gates passed`;
}

const marks = { pass: '✅', warn: '⚠️', refuse: '❌', unknown: '❓' } as const;
const urgency = ['refuse', 'unknown', 'warn', 'pass'] as const;

/** Every finding, what stops a rollback first. */
export function readinessTable(
  report: RunReport,
  extent: { readonly rows: number; readonly cellCharacters: number },
): string | undefined {
  const readiness = readinessOf(report);
  if (readiness === undefined || report.gates.length === 0) return undefined;
  const sorted = urgency.flatMap((wanted) => report.gates.filter(({ state }) => state === wanted));
  const rows = sorted.map((gate) => () => [
    marks[gate.state],
    text(gateName(gate), extent),
    `${prose(gate.detail, extent)}${wayOn(gate, extent)}`,
  ]);
  const share = readiness.asked === 0 ? 0 : Math.round((100 * readiness.passed) / readiness.asked);
  return `**${share} %**: ${scoreText(readiness)}.\n\n${table(['', 'gate', 'finding'], rows, extent, ['c', 'l', 'l'])}`;
}

function wayOn(
  { state, hint, override }: GateReport,
  extent: { readonly rows: number; readonly cellCharacters: number },
): string {
  // A here-document can't be copied out of a cell: it stands below, or in what to do now.
  const lines = (hint ?? '').split('\n');
  const shown = isPasted(hint) ? lines.slice(0, 1) : lines;
  const told =
    hint === undefined || state === 'pass'
      ? ''
      : shown.map((line) => `<br>→ ${prose(line, extent)}`).join('');
  return override === undefined ? told : `${told}<br>→ or override: \`${text(override, extent)}\``;
}

function isPasted(hint: string | undefined): boolean {
  return hint?.includes("<<'END'") === true;
}

/** Hints with a here-document, to be copied: roles to apply. */
function listings({ gates }: RunReport, longest: number): string | undefined {
  const parts = gates.flatMap((gate) => {
    const [, ...lines] = (gate.hint ?? '').split('\n');
    if (!isPasted(gate.hint) || gate.state === 'pass') return [];
    return [`**${escapeText(gateName(gate))}**\n\n${codeBlock(shorten(lines.join('\n'), longest), 'sh')}`];
  });
  return parts.length === 0 ? undefined : parts.slice(0, 20).join('\n\n');
}

/** For a comment on a pull request: small, and complete without the run. */
export function renderReadiness(report: Report): string | undefined {
  const readiness = readinessOf(report);
  if (readiness === undefined) return undefined;
  const { identity, verdict } = report;
  const where = `${identity.service} in ${identity.target}`;
  // What gates refuse is in the table.
  const refused =
    verdict.outcome === 'ready' || verdict.fault?.code === 'not-ready' ? undefined : verdict.fault?.message;
  const parts = [
    heading(
      3,
      readiness.ready
        ? `✅ A rollback of ${where} would work now`
        : `${verdict.green ? '❓' : '❌'} A rollback of ${where} ${verdict.green ? 'may work: not everything could be told' : 'would not work now'}`,
    ),
    refused === undefined ? undefined : escapeProse(shorten(refused, 2_000)),
    readinessTable(report, { rows: 100, cellCharacters: 1_200 }),
    listings(report, 10_000),
    `${report.changes.map(({ component, from, to }) => `${escapeText(component)} ${escapeText(from.label)} → ${escapeText(to.label)}`).join(', ')}${report.changes.length === 0 ? '' : ' · '}${utc(report.startedAt)} UTC · Rollback Plan ${escapeText(identity.tool)}`,
  ];
  return `${parts.filter((part) => part !== undefined).join('\n\n')}\n`;
}

/** As shields.io reads an endpoint; `undefined` for a run that was no preflight. */
export function badgeOf(report: RunReport): Readonly<Record<string, string | number>> | undefined {
  const readiness = readinessOf(report);
  if (readiness === undefined) return undefined;
  const green = report.verdict.green;
  return {
    schemaVersion: 1,
    label: 'rollback',
    message: readiness.ready
      ? 'ready'
      : green
        ? `not known, ${readiness.passed}/${readiness.asked}`
        : 'not ready',
    color: readiness.ready ? 'brightgreen' : green ? 'yellow' : 'red',
  };
}
