// The ledger for a terminal: snapshots, quarantine, automatic rollbacks and what people changed, newest first.

import type { LedgerPage, Quarantined } from '../state/ledger.ts';
import { oneLine } from '../values/markdown.ts';
import { wrap } from './terminal-layout.ts';

export function renderLedger(shown: {
  readonly service: string;
  readonly target: string;
  readonly page: LedgerPage;
  readonly where: string | undefined;
  readonly liftCommand: (entry: Quarantined) => string;
}): string {
  const { page, liftCommand } = shown;
  const snapshots = page.snapshots.map((each) => {
    const versions = Object.entries(each.components).map(([name, { label }]) => `${name} ${label}`);
    const by =
      each.vouchedBy === undefined
        ? `verified by ${each.checks.join(', ') || 'no check'}`
        : `vouched for by ${each.vouchedBy}: ${each.reason ?? ''}`;
    return [each.id, each.at, versions.join(', '), by];
  });
  const quarantine = page.quarantine.map((each) => [
    each.component,
    each.version,
    each.label,
    each.at,
    `${each.by}, ${each.incident}`,
    each.digest,
  ]);
  const lift = page.quarantine.map((each) => `  ${liftCommand(each)}`);
  return [
    `Ledger of ${shown.service} in ${shown.target}`,
    '',
    ...section('Snapshots: live and good together', ['ID', 'AT', 'VERSIONS', 'BY'], snapshots),
    ...section(
      'Quarantine: rolled back from',
      ['COMPONENT', 'VERSION', 'WHAT', 'AT', 'BY', 'DIGEST'],
      quarantine,
    ),
    ...(lift.length === 0 ? [] : ['What was not to blame is lifted with:', ...lift, '']),
    ...section(
      'Automatic rollbacks: nobody pressed',
      ['AT', 'INCIDENT'],
      page.automatic.map(({ at, incident }) => [at, incident]),
    ),
    ...section(
      'Changed by hand',
      ['AT', 'BY', 'WHAT', 'WHY'],
      page.log.map(({ at, by, did, reason }) => [at, by, did, reason]),
    ),
    shown.where === undefined
      ? 'There is no ConfigMap yet: the first verified deploy makes it, or `rollback-plan ledger seed`.'
      : wrap(`Read it without us: ${shown.where}`, 2),
  ].join('\n');
}

function section(
  title: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  if (rows.length === 0) return [title, '  none', ''];
  const cells = [heads, ...rows].map((row) => row.map((cell) => oneLine(cell)));
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
  return [title, ...lines, ''];
}
