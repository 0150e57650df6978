// The workflows that call the plan, from the very files that people would copy, with the plan's own names put in. Pure.

import type { CallerName } from './options.ts';
import { scalar } from './yaml-text.ts';

/** Where each caller comes from in this package, and where it goes in the repository. */
export const callerFiles: Readonly<Record<CallerName, { readonly from: string; readonly to: string }>> = {
  button: { from: 'workflows/rollback.yml', to: '.github/workflows/rollback.yml' },
  'after-deploy-job': {
    from: 'workflows/after-deploy-job.yml',
    to: '.github/workflows/verify-after-deploy.yml',
  },
  'after-deploy-step': {
    from: 'workflows/after-deploy-step.yml',
    to: '.github/workflows/deploy-and-verify.yml',
  },
  drill: { from: 'workflows/drill.yml', to: '.github/workflows/rollback-drill.yml' },
};

export type CallerFacts = {
  /** Never empty; the first one is the default. */
  readonly targets: readonly [string, ...string[]];
  readonly service: string;
  readonly plan: string;
};

/**
 * Puts the names in where the file has one: `target:`, `plan:` and `service:` given as plain values, and default and
 * options of an input `target`. Expressions stay, and so does everything else, comments included.
 */
export function fillCaller(text: string, { targets, service, plan }: CallerFacts): string {
  const [first] = targets;
  const given: Readonly<Record<string, string>> = { target: first, service, plan };
  let input: { readonly indent: number } | undefined;
  let options: { readonly indent: number } | undefined;
  const lines = text.split('\n').flatMap((line): readonly string[] => {
    const indent = line.search(/\S/);
    if (indent < 0) return [line];
    if (input !== undefined && indent <= input.indent) input = undefined;
    if (options !== undefined) {
      if (indent >= options.indent && line.startsWith('- ', indent)) return [];
      options = undefined;
    }
    const [, lead = '', key = '', value = '', rest = ''] =
      /^(\s*(?:- )?)([\w-]+):(?:[ \t]+([^\s#][^#]*?))?(\s*(?:\s#.*)?)$/.exec(line) ?? [];
    if (key === 'target' && value === '') {
      input = { indent };
      return [line];
    }
    if (input !== undefined) {
      if (key === 'default') return [`${lead}default: ${scalar(first)}${rest}`];
      if (key !== 'options') return [line];
      if (value === '') options = { indent };
      return [`${lead}options: [${targets.map(scalar).join(', ')}]${rest}`];
    }
    const mine = given[key];
    const isPlain = value !== '' && !value.includes('${{') && !/^[[{|>]/.test(value);
    return mine !== undefined && isPlain ? [`${lead}${key}: ${scalar(mine)}${rest}`] : [line];
  });
  return lines.join('\n');
}
