// Fills the tables of inputs and outputs in README.md from action.yml; with `--check`, fails if they are out of date.
// Only what stands between the markers is ours.

import { readFile } from 'node:fs/promises';
import { load } from 'js-yaml';
import { markdownTable } from 'markdown-table';
import { z } from 'zod';
import { writeOrCheck } from './write-or-check.ts';

const described = z.looseObject({
  description: z.string(),
  default: z.union([z.string(), z.boolean()]).optional(),
});
const Manifest = z.looseObject({
  inputs: z.record(z.string(), described),
  outputs: z.record(z.string(), described),
});

/** Throws when a marker is missing, because a table that silently stays as it was is worse. */
function fillReadme(readme: string, manifest: unknown): string {
  const { inputs, outputs } = Manifest.parse(manifest);
  const inputRows = Object.entries(inputs).map(([name, { description, default: value }]) => [
    code(name),
    cell(description),
    value === undefined || value === '' ? '' : code(String(value)),
  ]);
  const outputRows = Object.entries(outputs).map(([name, { description }]) => [
    code(name),
    cell(description),
  ]);
  const withInputs = replaceBetween(
    readme,
    'inputs',
    markdownTable([['Input', 'What it is', 'Default'], ...inputRows]),
  );
  return replaceBetween(withInputs, 'outputs', markdownTable([['Output', 'What it is'], ...outputRows]));
}

function replaceBetween(text: string, name: string, content: string): string {
  const begin = `<!-- ${name}: generated from action.yml -->`;
  const end = `<!-- ${name}: end -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md lacks the markers ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

await writeOrCheck(
  {
    path: 'README.md',
    content: fillReadme(await readFile('README.md', 'utf8'), load(await readFile('action.yml', 'utf8'))),
    command: 'npm run generate',
  },
  process.argv.slice(2),
);
