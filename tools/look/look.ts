// Draws every kind of record from sample journals, so that a person can look at them: `look FOLDER [MERMAID-BUNDLE]`.

import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { renderIncident } from '../../src/report/incident.ts';
import { reportOf } from '../../src/report/model.ts';
import { renderReadiness } from '../../src/report/readiness.ts';
import { renderResult } from '../../src/report/result.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { renderTerminal } from '../../src/report/terminal.ts';
import { allJournals } from './all-journals.ts';
import { hostile } from './hostile-journal.ts';
import { renderPage } from './page.ts';
import { takePicture } from './screenshot.ts';

const [folder = 'look', mermaid] = process.argv.slice(2);
const out = resolve(folder);
await mkdir(out, { recursive: true });

const journals = { ...allJournals, hostile };
for (const [name, events] of Object.entries(journals)) {
  const report = reportOf(events);
  const readiness = renderReadiness(report);
  const documents = {
    summary: renderSummary(report),
    ...(readiness === undefined ? { incident: renderIncident(report) } : { readiness }),
  };
  await writeFile(join(out, `${name}.txt`), renderTerminal(report, { color: false }));
  await writeFile(join(out, `${name}.json`), JSON.stringify(renderResult(report), null, 2));
  for (const [kind, markdown] of Object.entries(documents)) {
    const stem = join(out, `${name}-${kind}`);
    await writeFile(`${stem}.md`, markdown);
    await writeFile(`${stem}.html`, renderPage(markdown, { title: `${name} ${kind}`, mermaid }));
    await takePicture({ page: `${stem}.html`, png: `${stem}.png`, height: kind === 'summary' ? 2600 : 3600 });
    process.stdout.write(`${stem}.png\n`);
  }
}
