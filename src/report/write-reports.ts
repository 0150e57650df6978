// The last stage: one report model, written in every form a person or a machine asks for. Runs on every path.

import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import type { Files, Log } from '../ports.ts';
import type { Journal } from '../state/journal.ts';
import { isGreenVerdict, type Verdict } from '../verify/verdict.ts';
import { renderIncident } from './incident.ts';
import { type Report, reportOf } from './model.ts';
import { badgeOf, readinessFiles, renderReadiness } from './readiness.ts';
import { renderResult } from './result.ts';
import { renderSummary } from './summary.ts';

export type Conclusion = {
  readonly verdict: Verdict;
  readonly green: boolean;
  readonly report: Report;
  readonly summary: string;
  /** Path in the repository where it was published, else the local file; empty if neither could be written. */
  readonly incidentPath: string;
  readonly resultPath: string;
  readonly journalPath: string;
  readonly digest: string;
  readonly durationMs: number;
};

export type ReportPorts = { readonly files: Files; readonly log: Log; redact(text: string): string };

export async function writeReports(
  verdict: Verdict,
  journal: Journal,
  ports: ReportPorts,
): Promise<Conclusion> {
  const report = reportOf(journal.events);
  const summary = ports.redact(renderSummary(report));
  const incidentFile = join(journal.folder, 'incident.md');
  const resultPath = join(journal.folder, 'result.json');
  const files: readonly (readonly [string, string])[] = [
    [incidentFile, ports.redact(renderIncident(report))],
    [resultPath, `${JSON.stringify(renderResult(report), null, 2)}\n`],
    [join(journal.folder, 'summary.md'), summary],
    ...readinessFilesOf(report, journal.folder).map(
      ([path, content]) => [path, ports.redact(content)] as const,
    ),
  ];
  const written = new Set<string>();
  for (const [path, content] of files) {
    try {
      await ports.files.write(path, content);
      written.add(path);
    } catch (error) {
      ports.log.warning(`${path} could not be written: ${messageOf(error)}`);
    }
  }
  const published = journal.events.findLast((event) => event.type === 'published');
  const pinned = journal.events.findLast((event) => event.type === 'pinned');
  return {
    verdict,
    green: isGreenVerdict(verdict),
    report,
    summary,
    incidentPath:
      published?.type === 'published' && published.ok
        ? published.path
        : written.has(incidentFile)
          ? incidentFile
          : '',
    resultPath: written.has(resultPath) ? resultPath : '',
    journalPath: journal.path,
    durationMs: journal.elapsedMs(),
    digest: pinned?.type === 'pinned' ? pinned.digest : '',
  };
}

function readinessFilesOf(report: Report, folder: string): readonly (readonly [string, string])[] {
  const markdown = renderReadiness(report);
  const badge = badgeOf(report);
  if (markdown === undefined || badge === undefined) return [];
  return [
    [join(folder, readinessFiles.markdown), markdown],
    [join(folder, readinessFiles.badge), `${JSON.stringify(badge, null, 2)}\n`],
  ];
}
