// What `rollback-plan init` can be told, checked and typed. Options of its own: it is a verb of the command line and no
// mode of the action.

import { RollbackPlanError } from '../errors.ts';
import { httpUrl } from '../values/http-url.ts';
import { labelPattern, namePattern } from '../values/names.ts';
import { whyNotRelative } from '../values/paths.ts';
import { nearest } from '../values/suggest.ts';

export const initOptions = {
  context: {
    default: '',
    describe: 'Context of the kubeconfig to read, and to write down (the current one)',
  },
  namespace: {
    default: '',
    describe: 'Namespace to read, and to write down (the one of the context)',
  },
  charts: {
    default: '',
    describe: 'Folder to look for charts in, instead of reading a cluster; . is the whole repository',
  },
  callers: {
    default: '',
    describe:
      'Workflows to write, separated by commas: button, after-deploy-job, after-deploy-step, after-deployment, alert, drill, heartbeat',
  },
  'auto-rollback': {
    default: '',
    describe: 'JSON with an `auto_rollback` to take triggers and safety checks over from',
  },
  'metrics-url': {
    default: '',
    describe: 'Where that script asked: URL/error_rate answers with a JSON `value`',
  },
  plan: { default: '.github/rollback.yml', describe: 'Path of the plan to write' },
  service: { default: '', describe: 'What is rolled back, as records call it (the name of this folder)' },
  'dry-run': { default: 'false', describe: 'Print the files instead of writing them' },
} as const satisfies Record<string, { readonly default: string; readonly describe: string }>;

export type InitOptionName = keyof typeof initOptions;
// `Object.keys` forgets literal types; this restates what the list above guarantees.
export const initOptionNames = Object.keys(initOptions) as readonly InitOptionName[];

export const callerNames = [
  'button',
  'after-deploy-job',
  'after-deploy-step',
  'after-deployment',
  'alert',
  'drill',
  'heartbeat',
] as const;
export type CallerName = (typeof callerNames)[number];

export type InitOptions = {
  readonly context: string | undefined;
  readonly namespace: string | undefined;
  /** Folder below the repository, with `/`, without one at its end; `.` is the repository itself. */
  readonly charts: string | undefined;
  /** Each once, in the order of `callerNames`. */
  readonly callers: readonly CallerName[];
  /** Path below the repository of a file with an `auto_rollback`. */
  readonly autoRollback: string | undefined;
  /** Without a slash at its end. Only with `autoRollback`. */
  readonly metricsUrl: string | undefined;
  readonly plan: string;
  readonly service: string | undefined;
  readonly dryRun: boolean;
};

/** Throws `usage` for the first option that makes no sense. */
export function readInitOptions(given: Readonly<Partial<Record<InitOptionName, string>>>): InitOptions {
  const text = (name: InitOptionName): string | undefined => {
    const value = given[name];
    if (value !== undefined && value.trim() === '')
      throw wrong(name, value, 'Give it a value, or leave it out.');
    return value?.trim();
  };
  const context = text('context');
  if (context?.startsWith('-') === true) {
    throw wrong('context', context, 'Contexts are listed by: kubectl config get-contexts --output name');
  }
  const namespace = text('namespace');
  if (namespace !== undefined && !labelPattern.test(namespace)) {
    throw wrong('namespace', namespace, 'A namespace has small letters, digits and dashes.');
  }
  const service = text('service');
  if (service !== undefined && !namePattern.test(service)) {
    throw wrong(
      'service',
      service,
      'Use letters, digits, `.`, `_` or `-`, and begin with a letter or a digit.',
    );
  }
  const autoRollback = readFile(text('auto-rollback'));
  const metricsUrl = readMetricsUrl(text('metrics-url'));
  if (metricsUrl !== undefined && autoRollback === undefined)
    throw wrong(
      'metrics-url',
      metricsUrl,
      'It says where the numbers of --auto-rollback FILE are; give both.',
    );
  return {
    context,
    namespace,
    charts: readFolder(text('charts')),
    callers: readCallers(text('callers')),
    autoRollback,
    metricsUrl,
    plan: readPlanPath(text('plan') ?? initOptions.plan.default),
    service,
    dryRun: given['dry-run'] === 'true',
  };
}

function readFolder(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const folder = given.replace(/^(?:\.\/+)+(?=.)/, '').replace(/\/+$/, '');
  if (folder === '.') return folder;
  const reason = whyNotRelative(folder);
  if (reason === undefined) return folder;
  throw wrong('charts', given, `${reason}. Give a folder of the repository, such as --charts charts`);
}

function readFile(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const path = given.replace(/^(?:\.\/+)+/, '');
  const reason = path.endsWith('/') ? 'it is a folder' : whyNotRelative(path);
  if (reason === undefined) return path;
  throw wrong(
    'auto-rollback',
    given,
    `${reason}. Give a file of the repository, such as --auto-rollback auto-rollback.json`,
  );
}

function readMetricsUrl(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const url = given.replace(/\/+$/, '');
  // What stands behind a `?` would get in the way of the metric's name, and braces would be an expression of the plan.
  if (httpUrl.safeParse(url).success && !/[?#{}@]/.test(url)) return url;
  throw wrong(
    'metrics-url',
    given,
    'Give a URL without password, `?` and `#`, such as --metrics-url http://metrics-api',
  );
}

function readPlanPath(given: string): string {
  const path = given.replace(/^(?:\.\/+)+/, '');
  const reason = path.endsWith('/') ? 'a plan is a file' : whyNotRelative(path);
  if (reason === undefined) return path;
  throw wrong('plan', given, `${reason}. Give a path in the repository, such as --plan .github/rollback.yml`);
}

function readCallers(given: string | undefined): readonly CallerName[] {
  const words = (given ?? '').split(/[\s,]+/).filter((word) => word !== '');
  const unknown = words.find((word) => !callerNames.some((name) => name === word));
  if (unknown !== undefined) {
    const meant = nearest(unknown, callerNames);
    const hint = meant === undefined ? '' : `Did you mean ${meant}? `;
    throw wrong('callers', unknown, `${hint}There are: ${callerNames.join(', ')}.`);
  }
  return callerNames.filter((name) => words.includes(name));
}

function wrong(name: InitOptionName, given: string, hint: string): RollbackPlanError {
  return new RollbackPlanError('usage', `--${name} is not usable: ${JSON.stringify(given)}`, { hint });
}
