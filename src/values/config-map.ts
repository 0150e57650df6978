// What a ConfigMap can hold, and how files become keys: the API server's rules, applied before anything is sent to it.

import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { unifiedDiff } from './text-diff.ts';

/** Keys to bytes. Whether a value travels as `data` or `binaryData` follows from the bytes. */
export type ConfigContent = ReadonlyMap<string, Buffer>;

export type SourceFile = { readonly path: string; readonly content: Buffer };

export type KeyRules = {
  /** Folders or files, normalised; none inside another. */
  readonly paths: readonly string[];
  /** Put in the place of `/`, which a key can't hold. */
  readonly separator: string | undefined;
  /** Leave files in folders below the paths out, as `kubectl create configmap --from-file` does. */
  readonly ignoreSubdirectories: boolean;
};

export type ContentOfFiles =
  | { readonly ok: true; readonly content: ConfigContent }
  | { readonly ok: false; readonly reasons: readonly string[] };

/** The API server counts the values of `data` and `binaryData`, keys not included. */
export const maxContentBytes = 1024 * 1024;
/** Names and values of all annotations together. */
export const maxAnnotationBytes = 256 * 1024;

const maxKeyLength = 253;
const lfsPointer = Buffer.from('version https://git-lfs.github.com/spec/v1\n');

/** The data of a ConfigMap made of files, or every reason why there can be none, each with the file it is about. */
export function contentOfFiles(files: readonly SourceFile[], rules: KeyRules): ContentOfFiles {
  const reasons: string[] = [];
  const content = new Map<string, Buffer>();
  const sources = new Map<string, string>();
  for (const file of files) {
    const below = pathBelow(file.path, rules.paths);
    const nested = below.includes('/');
    if (nested && rules.ignoreSubdirectories) continue;
    const key = rules.separator === undefined ? below : below.replaceAll('/', rules.separator);
    const earlier = sources.get(key);
    const reason =
      nested && rules.separator === undefined
        ? `${file.path} lies in a subdirectory, and a ConfigMap key can not hold "/"`
        : (whyNoKey(key, file.path) ??
          (earlier === undefined ? undefined : `${earlier} and ${file.path} would both be the key ${key}`) ??
          (file.content.subarray(0, lfsPointer.length).equals(lfsPointer)
            ? `${file.path} is a Git LFS pointer, its content is not in git`
            : undefined));
    if (reason !== undefined) reasons.push(reason);
    sources.set(key, file.path);
    content.set(key, file.content);
  }
  const bytes = [...content.values()].reduce((sum, value) => sum + value.length, 0);
  if (bytes > maxContentBytes) {
    reasons.push(`the files have ${bytes} bytes, and a ConfigMap holds ${maxContentBytes}`);
  }
  return reasons.length > 0 ? { ok: false, reasons } : { ok: true, content };
}

function pathBelow(file: string, paths: readonly string[]): string {
  const root = paths.find((path) => file.startsWith(`${path}/`));
  return root === undefined ? file.slice(file.lastIndexOf('/') + 1) : file.slice(root.length + 1);
}

/** `IsConfigMapKey` of the API server. */
function whyNoKey(key: string, file: string): string | undefined {
  const say = (rule: string): string => `${file}: a ConfigMap key ${rule}`;
  if (key.length > maxKeyLength) return say(`has at most ${maxKeyLength} characters`);
  if (!/^[-._a-zA-Z0-9]+$/.test(key)) return say('has letters, digits, "-", "_" and "." only');
  if (key === '.' || key.startsWith('..')) return say('can not be "." or begin with ".."');
  return undefined;
}

/** Identity of the content, whoever wrote it and however it is encoded. */
export function contentDigest(content: ConfigContent): string {
  const hash = createHash('sha256');
  for (const key of sortedKeys(content)) {
    const value = createHash('sha256').update(content.get(key) ?? '');
    hash.update(`${key}\0${value.digest('hex')}\n`);
  }
  return `sha256:${hash.digest('hex')}`;
}

/** The two maps of a ConfigMap object; `undefined` where one would be empty. */
export function asObjectData(content: ConfigContent): {
  readonly data: Readonly<Record<string, string>> | undefined;
  readonly binaryData: Readonly<Record<string, string>> | undefined;
} {
  const entries = sortedKeys(content).map((key) => [key, content.get(key) ?? Buffer.alloc(0)] as const);
  const text = entries.filter(([, value]) => isUtf8(value));
  const binary = entries.filter(([, value]) => !isUtf8(value));
  return {
    data: text.length === 0 ? undefined : record(text, 'utf8'),
    binaryData: binary.length === 0 ? undefined : record(binary, 'base64'),
  };
}

function record(
  entries: readonly (readonly [string, Buffer])[],
  encoding: 'utf8' | 'base64',
): Readonly<Record<string, string>> {
  return Object.fromEntries(entries.map(([key, value]) => [key, value.toString(encoding)]));
}

/** The inverse of `asObjectData`. */
export function contentOfObject(object: {
  readonly data?: Readonly<Record<string, string>> | null | undefined;
  readonly binaryData?: Readonly<Record<string, string>> | null | undefined;
}): ConfigContent {
  return new Map([
    ...Object.entries(object.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'utf8')] as const),
    ...Object.entries(object.binaryData ?? {}).map(
      ([key, value]) => [key, Buffer.from(value, 'base64')] as const,
    ),
  ]);
}

/** Keys that are not the same on both sides. */
export function differingKeys(a: ConfigContent, b: ConfigContent): readonly string[] {
  const keys = new Set([...a.keys(), ...b.keys()]);
  return [...keys].filter((key) => {
    const [left, right] = [a.get(key), b.get(key)];
    return left === undefined || right === undefined || !left.equals(right);
  });
}

/** One unified diff per key that differs; values that are no text are named with their sizes. */
export function contentDiff(
  before: ConfigContent,
  after: ConfigContent,
  names: { readonly before: string; readonly after: string },
): string {
  return [...differingKeys(before, after)]
    .sort()
    .map((key) => {
      const [old, fresh] = [before.get(key), after.get(key)];
      const text = [old, fresh].every((value) => value === undefined || isUtf8(value));
      if (!text) {
        return `Binary key ${key} differs: ${old?.length ?? 0} bytes in ${names.before}, ${fresh?.length ?? 0} in ${names.after}\n`;
      }
      return unifiedDiff({
        before: old?.toString('utf8'),
        after: fresh?.toString('utf8'),
        beforeName: `${names.before}/${key}`,
        afterName: `${names.after}/${key}`,
      });
    })
    .join('');
}

function sortedKeys(content: ConfigContent): readonly string[] {
  return [...content.keys()].sort();
}
