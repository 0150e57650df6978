// What the inputs `to` and `deployed` say, as data: one keyword or one snapshot for all components, or versions by component.

import { RollbackPlanError } from '../errors.ts';

export type Destination =
  | { readonly type: 'last-good' }
  | { readonly type: 'previous' }
  /** The versions of one snapshot of the ledger. */
  | { readonly type: 'snapshot'; readonly id: string }
  | { readonly type: 'explicit'; readonly versions: ReadonlyMap<string, string> };

const snapshotId = /^S-[A-Za-z0-9][A-Za-z0-9-]*$/;
const pair = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*=\s*(\S+)$/;

/**
 * Reads `last-good`, `previous`, a snapshot's id, or lines (or a comma-separated list) of `component=version`.
 * Throws `to-invalid`, never guesses: a bare version would not say which component it is meant for.
 */
export function parseDestination(text: string, components: readonly string[]): Destination {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed === 'last-good') return { type: 'last-good' };
  if (trimmed === 'previous') return { type: 'previous' };
  if (snapshotId.test(trimmed)) return { type: 'snapshot', id: trimmed };

  return { type: 'explicit', versions: readVersions(trimmed, components, invalid) };
}

/**
 * What a deploy has put out, in the same words: lines (or a comma-separated list) of `component=version`; empty where
 * nobody said. Throws `input-invalid`.
 */
export function parseDeployed(text: string, components: readonly string[]): ReadonlyMap<string, string> {
  return text.trim() === '' ? new Map() : readVersions(text.trim(), components, invalidDeployed);
}

type Invalid = (what: string, components: readonly string[]) => RollbackPlanError;

function readVersions(
  text: string,
  components: readonly string[],
  fault: Invalid,
): ReadonlyMap<string, string> {
  const versions = new Map<string, string>();
  for (const line of text.split(/[\n,]/).map((part) => part.trim())) {
    if (line === '') continue;
    const [, component, version] = pair.exec(line) ?? [];
    if (component === undefined || version === undefined) {
      throw fault(`"${line}" is not of the form component=version`, components);
    }
    if (!components.includes(component))
      throw fault(`there is no component "${component}" in the plan`, components);
    const earlier = versions.get(component);
    if (earlier !== undefined && earlier !== version) {
      throw fault(`"${component}" is given twice, as ${earlier} and as ${version}`, components);
    }
    versions.set(component, version);
  }
  if (versions.size === 0) throw fault('it names no component', components);
  return versions;
}

/** The shortest text that means the same; `parseDestination` reads it. */
export function tellDestination(destination: Destination): string {
  if (destination.type === 'snapshot') return destination.id;
  if (destination.type !== 'explicit') return destination.type;
  const pairs = [...destination.versions].map(([component, version]) => `${component}=${version}`);
  return pairs.sort().join(', ');
}

function invalid(what: string, components: readonly string[]): RollbackPlanError {
  return new RollbackPlanError('to-invalid', `to: ${what}`, {
    hint: `Write last-good, previous, a snapshot (S-…), or one line per component:\n${exampleOf(components)}`,
  });
}

function invalidDeployed(what: string, components: readonly string[]): RollbackPlanError {
  return new RollbackPlanError('input-invalid', `deployed: ${what}`, {
    hint: `Write one line for each component that was put out, or leave it empty:\n${exampleOf(components)}`,
  });
}

function exampleOf(components: readonly string[]): string {
  return components.map((name) => `${name}=VERSION`).join('\n');
}
