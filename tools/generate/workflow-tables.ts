// Fills the tables of permissions and inputs in docs/workflows.md from the reusable workflows; with `--check`, fails if
// they are out of date. Only what stands between the markers is ours.

import { readFile } from 'node:fs/promises';
import { load } from 'js-yaml';
import { markdownTable } from 'markdown-table';
import { z } from 'zod';
import { writeOrCheck } from './write-or-check.ts';

const Workflow = z.looseObject({
  on: z.looseObject({
    workflow_call: z.looseObject({
      inputs: z.record(
        z.string(),
        z.looseObject({
          description: z.string(),
          required: z.boolean().default(false),
          default: z.union([z.string(), z.number(), z.boolean()]).optional(),
        }),
      ),
    }),
  }),
  jobs: z.record(z.string(), z.looseObject({ permissions: z.record(z.string(), z.string()) })),
});

const names = ['rollback', 'verify', 'alert', 'drill', 'heartbeat'] as const;
const workflows = await Promise.all(
  names.map(async (name) => ({
    name,
    content: Workflow.parse(load(await readFile(`.github/workflows/${name}.yml`, 'utf8'))),
  })),
);

function permissions(): string {
  const rows = workflows.flatMap(({ name, content }) =>
    Object.entries(content.jobs).map(([job, { permissions: rights }]) => [
      code(name),
      job,
      Object.entries(rights)
        .map(([right, value]) => code(`${right}: ${value}`))
        .join(', ') || 'nothing',
    ]),
  );
  return markdownTable([['Workflow', 'Job', 'May'], ...rows]);
}

function inputs(): string {
  const all = workflows.flatMap(({ name, content }) =>
    Object.entries(content.on.workflow_call.inputs).map(([input, facts]) => ({ name, input, ...facts })),
  );
  const rows = [...new Set(all.map(({ input }) => input))].map((input) => {
    const same = all.filter((each) => each.input === input);
    const defaults = [...new Set(same.map((each) => (each.required ? 'required' : defaultOf(each.default))))];
    return [
      code(input),
      same.length === names.length ? 'all' : same.map(({ name }) => code(name)).join(', '),
      (same[0]?.description ?? '').replaceAll('|', '\\|'),
      defaults.length === 1 ? defaults.join('') : defaults.map((each) => each || 'empty').join(' or '),
    ];
  });
  return markdownTable([['Input', 'Of', 'What it is', 'Default'], ...rows]);
}

function defaultOf(value: string | number | boolean | undefined): string {
  return value === undefined || value === '' ? '' : code(String(value));
}

function code(text: string): string {
  return `\`${text}\``;
}

/** Throws when a marker is missing, because a table that silently stays as it was is worse. */
function fill(text: string, name: string, content: string): string {
  const begin = `<!-- ${name}: generated from the workflows -->`;
  const end = `<!-- ${name}: end -->`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/workflows.md lacks the markers ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
}

const page = await readFile('docs/workflows.md', 'utf8');
await writeOrCheck(
  {
    path: 'docs/workflows.md',
    content: fill(fill(page, 'permissions', permissions()), 'inputs', inputs()),
    command: 'npm run generate',
  },
  process.argv.slice(2),
);
