// Talks to the workflow runner: log lines, groups, annotations, masks, outputs and the job summary, through
// `@actions/core`, which knows the commands and the files behind them.

import * as core from '@actions/core';
import { collectInputs, defaultInput, type InputValues, type OutputValues } from '../action-io.ts';
import type { Location } from '../errors.ts';
import type { Log } from '../ports.ts';
import { neutraliseLine } from '../values/terminal-text.ts';

/** The runner shows at most ten annotations of a type per step, each cut at 4,096 characters. */
const maxAnnotations = 10;
const maxAnnotation = 4_096;

export type Annotation = {
  readonly level: 'error' | 'warning';
  readonly title: string;
  readonly message: string;
  readonly where?: Location | undefined;
};

/** Lines may carry a child's words: whatever they look like, they are printed, never obeyed. */
export function createWorkflowLog(redact: (text: string) => string): Log {
  const plain = (text: string): string =>
    text
      .split('\n')
      .map((line) => neutraliseLine(redact(line)))
      .join('\n');
  return {
    debug: (line) => core.debug(plain(line)),
    info: (line) => core.info(plain(line)),
    warning: (line) => core.info(`warning: ${plain(line)}`),
    error: (line) => core.info(`error: ${plain(line)}`),
    group: (title) => core.startGroup(plain(title)),
    endGroup: () => core.endGroup(),
  };
}

/** `action.yml` fills defaults in; a caller that starts the bundle directly gets the same ones. */
export function readInputs(): InputValues {
  return collectInputs((name) => core.getInput(name) || defaultInput(name));
}

export function mask(secret: string): void {
  // The runner masks line by line and would blank every `}`: lines too short to be secret are left alone.
  for (const line of secret.split(/\r?\n/)) {
    if (line.trim().length >= 4) core.setSecret(line);
  }
}

export function annotate(annotations: readonly Annotation[]): void {
  const say = { error: core.error, warning: core.warning } as const;
  for (const level of ['error', 'warning'] as const) {
    const all = annotations.filter((annotation) => annotation.level === level);
    const shown = all.length > maxAnnotations ? all.slice(0, maxAnnotations - 1) : all;
    for (const { message, title, where } of shown) {
      say[level](message.slice(0, maxAnnotation), {
        title,
        ...(where === undefined
          ? {}
          : { file: where.file, startLine: where.line, startColumn: where.column }),
      });
    }
    if (shown.length < all.length) say[level](`and ${all.length - shown.length} more; the log has them all`);
  }
}

export function writeOutputs(values: OutputValues): void {
  for (const [name, value] of Object.entries(values)) core.setOutput(name, value);
}

export async function writeSummary(markdown: string): Promise<void> {
  await core.summary.addRaw(markdown, true).write();
}
