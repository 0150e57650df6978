// `rollback-plan init`: looks, drafts, checks what it has drafted with the linter, and only then writes what is not there.

import { basename } from 'node:path';
import { RollbackPlanError } from '../errors.ts';
import { renderFindings } from '../plan/findings.ts';
import { limits } from '../plan/limits.ts';
import { parsePlan } from '../plan/parse.ts';
import type { Plan } from '../plan/plan.ts';
import type { RepositoryFiles } from '../ports.ts';
import { namePattern, slug } from '../values/names.ts';
import type { Kinds, World } from '../world.ts';
import { readAutoRollback, renderAutoRollbackFindings } from './auto-rollback-findings.ts';
import { type DraftRules, rulesOf } from './auto-rollback-rules.ts';
import { type CallerFacts, callerFiles, fillCaller } from './callers.ts';
import { type Draft, draftPlan } from './draft.ts';
import type { Inventory } from './inventory.ts';
import type { CallerName, InitOptions } from './options.ts';
import { planText } from './plan-text.ts';
import { takeInventory } from './take-inventory.ts';

export type InitWorld = Pick<World, 'connect' | 'kinds' | 'workspace'> & {
  readonly repositoryFiles: RepositoryFiles;
  /** The variable KUBECONFIG, where it is set. */
  readonly kubeconfig: string | undefined;
};

export type InitFile = {
  readonly path: string;
  readonly text: string;
  /** `drafted`: a dry run would have written it. `left`: something of this name is there, or it can't be written. */
  readonly state: 'written' | 'drafted' | 'left';
  /** Why it was left. */
  readonly because?: string;
};

export type Initialised = {
  /** The plan first. */
  readonly files: readonly InitFile[];
  /** Absent when the plan was there already and nothing had to be looked at. */
  readonly draft: Draft | undefined;
  readonly inventory: Inventory | undefined;
  /** The folder is the root of a repository, where GitHub looks for workflows. */
  readonly atRoot: boolean;
};

/** Writes nothing if it throws, except where the disk itself gives up between two files. */
export async function init(options: InitOptions, world: InitWorld): Promise<Initialised> {
  const { repositoryFiles: files } = world;
  const templates = await readTemplates(options, files);
  const rules = await readRules(options, files);
  const present = await files.exists(options.plan);
  const made = present ? undefined : await makePlan(options, rules, world);
  const known = made === undefined ? await presentPlan(options, world) : made.plan;
  const wanted = [
    { path: options.plan, text: made?.text },
    ...templates.map(({ name, text }) => ({
      path: callerFiles[name].to,
      text: known === undefined ? undefined : fillCaller(name, text, callerFacts(known, options)),
    })),
  ];
  const done: InitFile[] = [];
  for (const { path, text } of wanted) done.push(await put(path, text, options, files));
  return {
    files: done,
    draft: made?.draft,
    inventory: made?.inventory,
    atRoot: await files.exists('.git'),
  };
}

async function put(
  path: string,
  text: string | undefined,
  { dryRun }: InitOptions,
  files: RepositoryFiles,
): Promise<InitFile> {
  const left = (because: string): InitFile => ({ path, text: '', state: 'left', because });
  if (text === undefined || (await files.exists(path))) return left('it is there already');
  if (dryRun) return { path, text, state: 'drafted' };
  try {
    const created = await files.create(path, text);
    return created ? { path, text, state: 'written' } : left('it is there already');
  } catch (thrown) {
    // Files before it have been written: the list of them must not be lost.
    if (thrown instanceof RollbackPlanError) return left(thrown.message);
    throw thrown;
  }
}

type Made = {
  readonly inventory: Inventory;
  readonly draft: Draft;
  readonly text: string;
  readonly plan: Plan;
};

async function makePlan(
  options: InitOptions,
  rules: DraftRules | undefined,
  world: InitWorld,
): Promise<Made> {
  const { context, namespace } = options;
  const site = await world.connect(
    {
      name: 'init',
      vars: {},
      where: { file: options.plan, line: 1, column: 1 },
      ...(context === undefined ? {} : { context }),
      ...(namespace === undefined ? {} : { namespace }),
    },
    'init',
  );
  const inventory = await takeInventory({
    options,
    site,
    files: world.repositoryFiles,
    kubeconfig: world.kubeconfig,
  }).finally(() => site.close());
  const draft = draftPlan({
    inventory,
    service: options.service ?? serviceName(world.workspace),
    callers: options.callers,
    rules,
  });
  if (draft.components.length > limits.components) {
    throw new RollbackPlanError(
      'plan-invalid',
      `the plan would have ${draft.components.length} components, more than ${limits.components}`,
      { hint: 'Choose a smaller place: rollback-plan init --namespace NAME, or --charts FOLDER' },
    );
  }
  const text = planText(draft);
  return { inventory, draft, text, plan: checked(text, options.plan, world.kinds) };
}

/** What is written must pass the linter without a word; anything else is ours to mend and not the person's. */
function checked(text: string, path: string, kinds: Kinds): Plan {
  const { plan, findings } = parsePlan(text, path, kinds);
  if (plan !== undefined && findings.length === 0) return plan;
  throw new RollbackPlanError(
    'internal',
    `the plan it would have written has findings:\n${renderFindings(findings, text)}`,
    {
      hint: 'This is a defect in Rollback Plan; nothing was written. Report it with the lines above.',
    },
  );
}

/** The plan that is there, for callers that have to name its targets. */
async function presentPlan(options: InitOptions, world: InitWorld): Promise<Plan | undefined> {
  if (options.callers.length === 0) return undefined;
  const text = (await world.repositoryFiles.read(options.plan, limits.bytes)) ?? '';
  const { plan } = parsePlan(text, options.plan, world.kinds);
  if (plan !== undefined) return plan;
  throw new RollbackPlanError(
    'plan-invalid',
    `${options.plan} is there and has mistakes, so no caller can name its targets`,
    {
      hint: `Nothing was written. See them with: rollback-plan validate --plan ${options.plan}`,
    },
  );
}

/** Also where a plan is there already: a file with mistakes is worth a word. */
async function readRules(
  { autoRollback: file, metricsUrl }: InitOptions,
  files: RepositoryFiles,
): Promise<DraftRules | undefined> {
  if (file === undefined) return undefined;
  const text = await files.read(file, limits.bytes);
  if (text === undefined) {
    throw new RollbackPlanError('input-invalid', `there is no file ${file}`, {
      hint: 'Run this in the root of the repository, and name the file from there: --auto-rollback FILE',
    });
  }
  const read = readAutoRollback(text);
  if (read.type === 'read') return rulesOf(read.content, { file, metricsUrl });
  throw new RollbackPlanError(
    'input-invalid',
    `${file} can't be taken over:\n${renderAutoRollbackFindings(read.findings)}`,
    { hint: 'Nothing was written. Mend the file, and call init again.' },
  );
}

async function readTemplates(
  options: InitOptions,
  files: RepositoryFiles,
): Promise<readonly { readonly name: CallerName; readonly text: string }[]> {
  return await Promise.all(
    options.callers.map(async (name) => {
      const { from } = callerFiles[name];
      const text = await files.packageFile(from);
      if (text !== undefined) return { name, text };
      throw new RollbackPlanError(
        'usage',
        `this copy of Rollback Plan has no ${from} to make the caller ${name} of`,
        {
          hint: 'Run the command from a whole checkout of Rollback Plan, or leave --callers out.',
        },
      );
    }),
  );
}

function callerFacts(plan: Plan, options: InitOptions): CallerFacts {
  const [first = 'default', ...others] = plan.targets.keys();
  return { targets: [first, ...others], drillTarget: plan.drill?.target, plan: options.plan };
}

function serviceName(folder: string): string {
  const own = basename(folder);
  return namePattern.test(own) ? own : slug(own);
}
