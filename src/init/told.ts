// What `init` says on the terminal: where it looked, what it wrote and left, and the commands that come next. Pure.

import { shellQuote } from '../values/shell-quote.ts';
import { tellRules } from './auto-rollback-told.ts';
import { labelCommand } from './drill-text.ts';
import type { InitFile, Initialised } from './init.ts';
import type { Inventory } from './inventory.ts';
import type { InitOptions } from './options.ts';
import { describeSource } from './plan-text.ts';
import { visible } from './yaml-text.ts';

/** Ends with a newline. */
export function tellInitialised(done: Initialised, options: InitOptions): string {
  const { files, inventory, atRoot } = done;
  const list = (title: string, state: InitFile['state']): readonly string[] => {
    const some = files.filter((file) => file.state === state);
    if (some.length === 0) return [];
    return [
      `${title}:`,
      ...some.map(({ path, because }) => `  ${path}${because === undefined ? '' : ` (${because})`}`),
    ];
  };
  const lines = [
    ...(inventory === undefined ? [] : lookedAt(inventory)),
    ...(done.draft?.rules === undefined ? [] : tellRules(done.draft.rules)),
    ...(options.autoRollback !== undefined && done.draft === undefined
      ? [
          `Not taken over: ${visible(options.autoRollback)}, because ${options.plan} is there already. To see what it would be: --plan new.yml --dry-run`,
        ]
      : []),
    ...list('Written', 'written'),
    ...list('Would be written', 'drafted'),
    ...list('Left as it is', 'left'),
    ...(atRoot
      ? []
      : ['Note: this folder is not the root of a git repository, and GitHub looks for .github only there.']),
    ...nextSteps(done, options),
  ];
  return `${lines.join('\n')}\n`;
}

/** Everything was written, or in a dry run would be. */
export function isComplete({ files }: Initialised): boolean {
  return files.every(({ state }) => state !== 'left');
}

/** The files of a dry run, each behind its path, as one YAML stream of comments and documents. */
export function printFiles({ files }: Initialised): string {
  const drafted = files.filter(({ state }) => state === 'drafted');
  return drafted.map(({ path, text }) => `# ---- ${path}\n${text}`).join('\n');
}

function lookedAt({ source, releases, workloads, leftOut, unmeasured }: Inventory): readonly string[] {
  const counted = [
    count(releases.length, 'Helm release'),
    ...(source.type === 'cluster' ? [count(workloads.length, 'other workload')] : []),
  ].join(', ');
  const why = source.type === 'charts' ? ` (no cluster was read: ${source.because})` : '';
  return [
    `Looked at ${describeSource(source)}${why}: ${counted}`,
    ...leftOut.map((line) => `  not in the plan: ${visible(line)}`),
    ...unmeasured.map((line) => `  not measured by a check: ${visible(line)}`),
  ];
}

function nextSteps({ files, draft }: Initialised, options: InitOptions): readonly string[] {
  const written = files.filter(({ state }) => state === 'written');
  const [plan, ...callers] = files;
  if (written.length === 0 || plan === undefined) {
    return options.dryRun || draft !== undefined
      ? []
      : [`Nothing was written. To see a plan anew: rollback-plan init --plan new.yml --dry-run`];
  }
  const where = options.plan === '.github/rollback.yml' ? '' : ` --plan ${shellQuote(options.plan)}`;
  const steps = [
    ...(draft === undefined
      ? []
      : [`Read ${options.plan}: what only you can know stands there as a comment.`]),
    `rollback-plan validate${where}`,
    `rollback-plan rollback${where} --to previous --dry-run`,
    ...(callers.some(({ state }) => state === 'written')
      ? ['Read the workflows: environments, secrets and your own steps in them are placeholders.']
      : []),
    ...(draft === undefined
      ? []
      : [`To allow drills, in a namespace that may break:\n     ${labelCommand(draft)}`]),
  ];
  return ['Next:', ...steps.map((step, index) => `  ${index + 1}. ${step}`)];
}

function count(amount: number, word: string): string {
  return `${amount} ${word}${amount === 1 ? '' : 's'}`;
}
