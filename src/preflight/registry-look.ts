// Asks a registry for the manifest of one image, as the OCI distribution API has it: HEAD first, a token where it wants
// one. Only reads; every answer, also none, is a value. A login is what the plan gives, and its secrets are names here.

import { z } from 'zod';
import type { RegistrySpec } from '../plan/plan.ts';
import type { Http, HttpResponse } from '../ports.ts';
import { type ImageReference, isLoopback, registryHost } from '../values/image-reference.ts';
import type { HttpRequest, SecretHeader } from '../values/operation.ts';
import { readChallenges } from './registry-challenge.ts';

export type ManifestLook =
  /** `digest` as the registry says it; some don't. */
  | { readonly state: 'there'; readonly digest: string | undefined }
  | { readonly state: 'missing'; readonly detail: string }
  /** It wants a login, or does not let this one in. */
  | { readonly state: 'denied'; readonly detail: string }
  | { readonly state: 'unknown'; readonly detail: string };

export type RegistryLook = {
  readonly http: Http;
  /** How the plan says to ask this host; `undefined` for one that it does not name. */
  readonly registry: RegistrySpec | undefined;
  /** Milliseconds left. */
  readonly leftMs: () => number;
  readonly signal: AbortSignal;
};

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');
const maxBytes = 4 * 1024 * 1024;

const faults = z.object({ errors: z.array(z.object({ code: z.string() })) });
const tokenAnswer = z.object({ token: z.string().optional(), access_token: z.string().optional() });

type Answer = { readonly response: HttpResponse } | { readonly why: string };

export async function lookForManifest(image: ImageReference, look: RegistryLook): Promise<ManifestLook> {
  const base = baseOf(image, look);
  const url = `${base}/v2/${image.name}/manifests/${image.digest ?? image.tag ?? 'latest'}`;
  const asked = await askWithLogin('HEAD', url, image, look);
  if ('why' in asked) return { state: 'unknown', detail: asked.why };
  const { status, headers } = asked.response;
  if (status === 200) return { state: 'there', digest: headers['docker-content-digest'] ?? image.digest };
  // Only a body tells a registry that has no such image from a server that is no registry.
  if (status === 404) return await whyMissing(url, image, look);
  if (status === 401 || status === 403) {
    const how = look.registry?.login === undefined ? 'without a login' : 'with the login of the plan';
    return { state: 'denied', detail: `${image.host} answers ${status} ${how}` };
  }
  return { state: 'unknown', detail: `${image.host} answers ${status}` };
}

/** Whether a manifest is a list that holds another one: nodes may note either digest. */
export async function holdsDigest(
  image: ImageReference,
  digest: string,
  look: RegistryLook,
): Promise<boolean | undefined> {
  const url = `${baseOf(image, look)}/v2/${image.name}/manifests/${image.tag ?? 'latest'}`;
  const asked = await askWithLogin('GET', url, image, look);
  if ('why' in asked || asked.response.status !== 200) return undefined;
  return asked.response.body.includes(digest);
}

async function whyMissing(url: string, image: ImageReference, look: RegistryLook): Promise<ManifestLook> {
  const asked = await askWithLogin('GET', url, image, look);
  if ('why' in asked) return { state: 'unknown', detail: asked.why };
  const { status, body } = asked.response;
  const codes = faults.safeParse(parseJson(body)).data?.errors.map(({ code }) => code) ?? [];
  if (status === 404 && codes.includes('MANIFEST_UNKNOWN'))
    return { state: 'missing', detail: `${image.host} has ${image.name}, and not this version of it` };
  if (status === 404 && codes.includes('NAME_UNKNOWN')) {
    // Strangers are told so about private repositories, too.
    return look.registry?.login === undefined
      ? { state: 'denied', detail: `${image.host} shows no repository ${image.name} without a login` }
      : { state: 'missing', detail: `${image.host} has no repository ${image.name}` };
  }
  const said = codes.length === 0 ? 'and does not speak as a registry' : `(${codes.join(', ')})`;
  return { state: 'unknown', detail: `${image.host} answers ${status} ${said}` };
}

function baseOf({ host }: ImageReference, { registry }: RegistryLook): string {
  const plain = isLoopback(host) || registry?.insecure === true;
  return `${plain ? 'http' : 'https'}://${registryHost(host)}`;
}

/** Without a login first: most registries say themselves what they want. */
async function askWithLogin(
  method: 'HEAD' | 'GET',
  url: string,
  image: ImageReference,
  look: RegistryLook,
): Promise<Answer> {
  const headers = { accept: manifestTypes };
  const first = await send({ method, url, headers }, look);
  if ('why' in first || first.response.status !== 401) return first;
  const challenges = readChallenges(first.response.headers['www-authenticate'] ?? '');
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  if (bearer !== undefined) {
    const token = await tokenFrom(bearer.parameters, url, image, look);
    if (token === undefined || 'why' in token) return token ?? first;
    return await send({ method, url, headers: { ...headers, authorization: `Bearer ${token.token}` } }, look);
  }
  const login = loginOf(look.registry);
  const basic = challenges.some(({ scheme }) => scheme === 'basic');
  return basic && login !== undefined
    ? await send({ method, url, headers, secretHeaders: { authorization: login } }, look)
    : first;
}

/** `undefined`: the registry gives none, and its first answer stands. */
async function tokenFrom(
  { realm, service, scope }: Readonly<Record<string, string>>,
  registryUrl: string,
  image: ImageReference,
  look: RegistryLook,
): Promise<{ readonly token: string } | { readonly why: string } | undefined> {
  if (realm === undefined || !URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  // A registry that is asked in secret must not send the login out in the open.
  if (url.protocol !== 'https:' && !registryUrl.startsWith('http:'))
    return { why: `${image.host} wants the login to be sent over ${url.protocol}//` };
  if (service !== undefined) url.searchParams.set('service', service);
  url.searchParams.set('scope', scope ?? `repository:${image.name}:pull`);
  const login = loginOf(look.registry);
  const answer = await send(
    {
      method: 'GET',
      url: url.href,
      ...(login === undefined ? {} : { secretHeaders: { authorization: login } }),
    },
    look,
  );
  if ('why' in answer) return answer;
  if (answer.response.status !== 200) return undefined;
  const given = tokenAnswer.safeParse(parseJson(answer.response.body)).data;
  const token = given?.token ?? given?.access_token;
  return token === undefined ? undefined : { token };
}

function loginOf(registry: RegistrySpec | undefined): SecretHeader | undefined {
  const login = registry?.login;
  return login === undefined ? undefined : { secret: login.passwordSecret, basicUser: login.user };
}

async function send(request: HttpRequest, { http, leftMs, signal }: RegistryLook): Promise<Answer> {
  const answer = await http.request(request, {
    deadlineMs: leftMs(),
    signal,
    maxBytes,
    followRedirects: true,
  });
  if (answer.ok) return { response: answer.response };
  return { why: `${new URL(request.url).host} gives no answer: ${answer.fault}, ${answer.detail}` };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
