// What stands under `with:` of a `config-tag` component.

import { z } from 'zod';
import { branchName, namespaceLabel } from '../../values/names.ts';
import { contentPath } from '../../values/paths.ts';
import { workloadName } from '../../values/workload-reference.ts';

export const settingsSchema = z
  .strictObject({
    paths: z
      .array(contentPath)
      .min(1)
      .describe('Folders or files of the repository that hold the configuration, relative to its top.'),
    tags: z
      .string()
      .min(1)
      .max(256)
      .regex(/^[^\p{Cc}]+$/u, 'a tag pattern is one line')
      .describe(
        'Glob of the tags it can go back to, such as "v*". Newest first: by semantic version if every matching tag is one, otherwise all by creation date.',
      ),
    configmap: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'small letters, digits, "-" and "." (RFC 1123)')
      .optional()
      .describe('Name of the ConfigMap that is made of these files, one key for each file.'),
    namespace: namespaceLabel.optional().describe('Namespace of the ConfigMap; default is the target’s.'),
    separator: z
      .string()
      .regex(/^[-._a-zA-Z0-9]{1,8}$/, 'one to eight letters, digits, "-", "_" or "."')
      .optional()
      .describe(
        'Replaces "/" in keys of files in subdirectories, such as "__". Without it such files are refused.',
      ),
    subdirectories: z
      .enum(['refuse', 'ignore'])
      .default('refuse')
      .describe(
        '"ignore" leaves files in subdirectories out, as `kubectl create configmap --from-file` does; "refuse" is the default.',
      ),
    restart: z
      .array(workloadName)
      .default([])
      .describe(
        'Workloads that read the ConfigMap at their start. They are restarted once, and only if its content changed.',
      ),
    branch: branchName
      .optional()
      .describe(
        'Branch whose paths go back to the tag, by one commit on top of it: for configuration deployed from git.',
      ),
    remote: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/, 'the name of a git remote')
      .default('origin')
      .describe('Git remote that holds the branch.'),
  })
  .superRefine((settings, context) => {
    const issue = (path: keyof typeof settings, message: string): void => {
      context.addIssue({ code: 'custom', path: [path], message });
    };
    if (settings.configmap === undefined && settings.branch === undefined) {
      issue('configmap', 'name what goes back to the tag: `configmap`, `branch`, or both');
    }
    if (settings.configmap === undefined) {
      for (const key of ['namespace', 'separator'] as const) {
        if (settings[key] !== undefined) issue(key, `\`${key}\` only has a meaning with \`configmap\``);
      }
      if (settings.restart.length > 0) issue('restart', '`restart` only has a meaning with `configmap`');
    }
    if (settings.separator !== undefined && settings.subdirectories === 'ignore') {
      issue('separator', 'files in subdirectories are either ignored or get a separator, not both');
    }
    const inside = settings.paths.find((inner) =>
      settings.paths.some((outer) => inner !== outer && inner.startsWith(`${outer}/`)),
    );
    if (inside !== undefined)
      issue('paths', `${inside} lies inside another of the paths; remove one of the two`);
    if (new Set(settings.paths).size < settings.paths.length)
      issue('paths', 'the same path stands there twice');
  });

export type ConfigTagSettings = z.output<typeof settingsSchema>;
