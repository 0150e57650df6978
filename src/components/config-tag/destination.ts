// The tag a change goes to: found, able to become what it has to become, and still holding what was chosen.

import { RollbackPlanError } from '../../errors.ts';
import type { KindContext } from '../../ports.ts';
import { type ConfigContent, contentDigest, maxContentBytes } from '../../values/config-map.ts';
import type { PinnedChange } from '../../values/version.ts';
import type { ConfigTagSettings } from './settings.ts';
import { contentsOf, isPresent, type PlacedTag, placeTags, rowDigest } from './tagged-content.ts';

export type Destination = {
  readonly tag: PlacedTag;
  /** Only with `configmap`. */
  readonly content: ConfigContent | undefined;
  readonly digest: string;
};

/** The tag `to` was pinned to, proven to hold what it held then. */
export async function findDestination(
  context: KindContext,
  settings: ConfigTagSettings,
  change: PinnedChange,
): Promise<Destination> {
  const tags = await placeTags(context, settings);
  const tag = tags.find((candidate) => candidate.name === change.to.id);
  if (tag === undefined || !isPresent(tag.row)) {
    const what =
      tag === undefined
        ? `no tag ${change.to.id} matches "${settings.tags}"`
        : `${tag.name} has none of the paths`;
    const open = tags.filter((candidate) => isPresent(candidate.row)).map((candidate) => candidate.name);
    throw new RollbackPlanError('to-unknown-version', `${change.component}: ${what}`, {
      hint: `Tags, newest first: ${open.slice(0, 8).join(', ')}${open.length > 8 ? ', …' : ''}`,
    });
  }
  const content = settings.configmap === undefined ? undefined : await representable(context, settings, tag);
  const digest = content === undefined ? rowDigest(settings, tag.row) : contentDigest(content);
  if (digest !== change.to.digest) {
    throw new RollbackPlanError(
      'digest-mismatch',
      `tag ${tag.name} has other content than when it was chosen`,
      {
        hint: `Somebody moved the tag. Look at it (git log -1 ${tag.name}), then start again, so that its content is chosen knowingly.`,
        facts: { tag: tag.name, pinned: change.to.digest, found: digest },
      },
    );
  }
  return { tag, content, digest };
}

async function representable(
  context: KindContext,
  settings: ConfigTagSettings,
  tag: PlacedTag,
): Promise<ConfigContent> {
  const [tagged] = await contentsOf(context, settings, [tag]);
  if (tagged?.ok === true) return tagged.content;
  const reasons = tagged?.reasons ?? [];
  const nested = reasons.some((reason) => reason.includes('subdirectory'));
  const large = reasons.some((reason) => reason.includes(`${maxContentBytes}`));
  throw new RollbackPlanError(
    'content-not-representable',
    `tag ${tag.name} can not become ConfigMap ${settings.configmap}:\n${reasons.map((reason) => `  ${reason}`).join('\n')}`,
    {
      hint: nested
        ? 'Say how the deployment does it: `separator: __` if it joins the names, `subdirectories: ignore` if it leaves such files out (kubectl create configmap --from-file does).'
        : large
          ? 'Split the paths over several components, each with a ConfigMap of its own.'
          : 'Narrow `paths` to the files the ConfigMap is made of.',
    },
  );
}
