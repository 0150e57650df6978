// Check kind `config-drift`: does a ConfigMap still hold what a git revision has? Somebody's `kubectl edit` is found here.

import { z } from 'zod';
import { toRollbackPlanError } from '../errors.ts';
import type { KindContext } from '../ports.ts';
import {
  type ConfigContent,
  contentOfFiles,
  contentOfObject,
  differingKeys,
  maxContentBytes,
} from '../values/config-map.ts';
import type { Json } from '../values/json.ts';
import { namespaceLabel } from '../values/names.ts';
import { contentPath } from '../values/paths.ts';
import type { CheckKind, Measurement } from './check-kind.ts';

const schema = z.strictObject({
  configmap: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'small letters, digits, "-" and "." (RFC 1123)')
    .describe('Name of the ConfigMap.'),
  namespace: namespaceLabel
    .optional()
    .describe("Namespace of the ConfigMap. Default: the target's namespace."),
  paths: z
    .array(contentPath)
    .min(1)
    .describe('Folders or files of the repository that it is made of, relative to its top.'),
  at: z
    .string()
    .regex(/^(?!-)[^\p{Cc}\s:]{1,200}$/u, 'a tag or a commit')
    .describe('Tag or commit whose files it should hold: `v2.3.1`.'),
  separator: z
    .string()
    .regex(/^[-._a-zA-Z0-9]{1,8}$/, 'one to eight letters, digits, "-", "_" or "."')
    .optional()
    .describe('Stands for "/" in keys of files in subdirectories, such as "__".'),
  subdirectories: z
    .enum(['refuse', 'ignore'])
    .default('refuse')
    .describe('"ignore" leaves files in subdirectories out; "refuse" is the default.'),
});

export type ConfigDriftSettings = z.output<typeof schema>;

/** Files are read up to this sum, so that an ignored subdirectory may be larger than what is published. */
const maxReadBytes = 16 * maxContentBytes;
const shownKeys = 10;

const texts = z.record(z.string(), z.string()).nullish();
const configMap = z.object({ data: texts, binaryData: texts });

export const configDrift: CheckKind<ConfigDriftSettings> = {
  name: 'config-drift',
  summary: 'A ConfigMap still holds the files of a git revision.',
  schema,
  timeoutMs: 60_000,

  requires: ({ configmap, namespace }) => [
    {
      type: 'tool',
      name: 'git',
      versionArgs: ['--version'],
      range: '>=2.30',
      install: 'https://git-scm.com/downloads',
    },
    {
      type: 'permission',
      verb: 'get',
      group: '',
      resource: 'configmaps',
      name: configmap,
      ...(namespace === undefined ? {} : { namespace }),
    },
  ],

  async measure(context, settings): Promise<Measurement> {
    const expected = `the files of ${settings.at}`;
    try {
      const [wanted, live] = await Promise.all([filesAt(context, settings), readLive(context, settings)]);
      return { ...judgeDrift(wanted, live, settings), expected };
    } catch (thrown) {
      const { message, hint } = toRollbackPlanError(thrown);
      return { state: 'error', value: null, expected, evidence: `could not measure: ${message}. ${hint}` };
    }
  },
};

type Wanted = ReturnType<typeof contentOfFiles>;

async function filesAt(
  { repository }: KindContext,
  { at, paths, separator, subdirectories }: ConfigDriftSettings,
): Promise<Wanted> {
  const [answer] = await repository.filesAt({ revisions: [at], paths, maxBytes: maxReadBytes });
  if (answer?.ok !== true) return { ok: false, reasons: answer?.refused ?? ['they could not be read'] };
  return contentOfFiles(answer.files, {
    paths,
    separator,
    ignoreSubdirectories: subdirectories === 'ignore',
  });
}

/** `undefined`: there is no such ConfigMap. `unreadable`: no sense can be made of it. */
async function readLive(
  { cluster, signal }: KindContext,
  { configmap, namespace = cluster.namespace }: ConfigDriftSettings,
): Promise<ConfigContent | 'unreadable' | undefined> {
  const object = await cluster.get(`/api/v1/namespaces/${namespace}/configmaps/${configmap}`, signal);
  if (object === undefined) return undefined;
  const parsed = configMap.safeParse(object);
  return parsed.success ? contentOfObject(parsed.data) : 'unreadable';
}

/** Names keys and no values: what somebody has put there by hand may be a password. Pure. */
export function judgeDrift(
  wanted: Wanted,
  live: ConfigContent | 'unreadable' | undefined,
  { configmap, at, paths }: Pick<ConfigDriftSettings, 'configmap' | 'at' | 'paths'>,
): Pick<Measurement, 'state' | 'value' | 'evidence'> {
  const say = (
    state: Measurement['state'],
    evidence: string,
    value: Json = null,
  ): Pick<Measurement, 'state' | 'value' | 'evidence'> => ({ state, value, evidence });
  if (!wanted.ok)
    return say('error', `the files at ${at} make no ConfigMap: ${wanted.reasons.slice(0, 3).join('; ')}`);
  if (wanted.content.size === 0) {
    return say('inconclusive', `there are no files in ${paths.join(', ')} at ${at}; correct "paths" or "at"`);
  }
  if (live === 'unreadable') return say('inconclusive', `ConfigMap ${configmap} makes no sense`);
  if (live === undefined) return say('fail', `ConfigMap ${configmap} does not exist`, { missing: true });
  const keys = differingKeys(wanted.content, live).toSorted();
  if (keys.length === 0) {
    return say('pass', `ConfigMap ${configmap} holds exactly the ${live.size} keys of ${at}`, {
      differing: 0,
    });
  }
  const told = keys.slice(0, shownKeys).map((key) => {
    if (!live.has(key)) return `${key} is not there`;
    return wanted.content.has(key) ? `${key} differs` : `${key} is not in git`;
  });
  const more = keys.length > shownKeys ? `, and ${keys.length - shownKeys} more` : '';
  return say('fail', `ConfigMap ${configmap} is not that of ${at}: ${told.join(', ')}${more}`, {
    differing: keys.length,
    keys: keys.slice(0, shownKeys),
  });
}
