// Image references as they stand in a pod: `nginx`, `ghcr.io/shop/api:2.1`, `registry:5000/api@sha256:…`. A port is not a
// tag, and a name without a host is Docker Hub's. Pure.

import { isJsonObject, type Json, type JsonObject } from './json.ts';

export type ImageReference = {
  /** As people name it: `docker.io`, `registry:5000`. */
  readonly host: string;
  /** Below the host: `library/nginx`. */
  readonly name: string;
  /** `latest` where neither tag nor digest is written. */
  readonly tag: string | undefined;
  /** `sha256:…`; it wins over the tag. */
  readonly digest: string | undefined;
};

const hub = 'docker.io';
const hubNames: readonly string[] = [
  hub,
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
];
const hostPattern = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::[0-9]{1,5})?$/;
const namePattern = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const digestPattern = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}$/;

/** `undefined` for a text that is no reference. */
export function parseImageReference(text: string): ImageReference | undefined {
  const [left = '', ...digests] = text.trim().split('@');
  const [digest] = digests;
  if (digests.length > 1 || (digest !== undefined && !digestPattern.test(digest))) return undefined;
  const slash = left.lastIndexOf('/');
  // Only a colon in the last part begins a tag; one before it begins a port.
  const colon = left.indexOf(':', slash + 1);
  const path = colon === -1 ? left : left.slice(0, colon);
  const tag = colon === -1 ? undefined : left.slice(colon + 1);
  if (tag !== undefined && !tagPattern.test(tag)) return undefined;
  const { host, name } = placeOf(path);
  if (!hostPattern.test(host) || !namePattern.test(name)) return undefined;
  return { host, name, tag: tag ?? (digest === undefined ? 'latest' : undefined), digest };
}

/** As container runtimes do it: a first part with a dot, a port or capitals, or `localhost`, is a host. */
function placeOf(path: string): { readonly host: string; readonly name: string } {
  const slash = path.indexOf('/');
  const first = slash === -1 ? '' : path.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  if (first !== '' && isHost && !hubNames.includes(first))
    return { host: first, name: path.slice(slash + 1) };
  const name = hubNames.includes(first) ? path.slice(slash + 1) : path;
  return { host: hub, name: name.includes('/') ? name : `library/${name}` };
}

/** Equal for the same image, however it is written. */
export function describeImage({ host, name, tag, digest }: ImageReference): string {
  return `${host}/${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** Where the registry of a host answers; Docker Hub's does under another name. */
export function registryHost(host: string): string {
  return host === hub ? 'registry-1.docker.io' : host;
}

/** On this very machine, where plain HTTP is the custom. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/:[0-9]+$/, '');
  return bare === 'localhost' || bare === '[::1]' || /^127(?:\.[0-9]{1,3}){3}$/.test(bare);
}

/** Images, as written, that an object makes pods of: containers, init containers and image volumes. Each once. */
export function imagesIn(object: JsonObject): readonly string[] {
  const spec = podSpecOf(object);
  const containers = ['containers', 'initContainers'].flatMap((key) => itemsOf(spec?.[key]));
  const volumes = itemsOf(spec?.['volumes']);
  const images = [
    ...containers.map((each) => each['image']),
    ...volumes.map((each) => (isJsonObject(each['image']) ? each['image']['reference'] : undefined)),
  ];
  return [...new Set(images.filter((image) => typeof image === 'string' && image !== ''))].map(String);
}

function podSpecOf(object: JsonObject): JsonObject | undefined {
  const spec = childOf(object, 'spec');
  if (object['kind'] === 'Pod') return spec;
  const job = childOf(childOf(spec, 'jobTemplate'), 'spec');
  return childOf(childOf(object['kind'] === 'CronJob' ? job : spec, 'template'), 'spec');
}

function childOf(value: JsonObject | undefined, key: string): JsonObject | undefined {
  const child = value?.[key];
  return isJsonObject(child) ? child : undefined;
}

function itemsOf(value: Json | undefined): readonly JsonObject[] {
  if (!Array.isArray(value)) return [];
  const items: readonly Json[] = value;
  return items.filter(isJsonObject);
}
