// What files become as a ConfigMap, and what is refused: the rules of the API server as a table.

import { describe, expect, test } from '@jest/globals';
import {
  asObjectData,
  contentDiff,
  contentDigest,
  contentOfFiles,
  contentOfObject,
  type KeyRules,
  type SourceFile,
} from '../../src/values/config-map.ts';

const rules: KeyRules = { paths: ['config'], separator: undefined, ignoreSubdirectories: false };
const file = (path: string, content: string | Buffer = 'x'): SourceFile => ({
  path,
  content: Buffer.from(content),
});

function keys(files: readonly SourceFile[], more: Partial<KeyRules> = {}): readonly string[] {
  const made = contentOfFiles(files, { ...rules, ...more });
  return made.ok ? [...made.content.keys()] : [];
}
function reasons(files: readonly SourceFile[], more: Partial<KeyRules> = {}): readonly string[] {
  const made = contentOfFiles(files, { ...rules, ...more });
  return made.ok ? [] : made.reasons;
}

describe('a file becomes a key', () => {
  const cases: readonly {
    name: string;
    files: readonly string[];
    more?: Partial<KeyRules>;
    keys: readonly string[];
  }[] = [
    { name: 'by its path below the folder that is configured', files: ['config/a.yaml'], keys: ['a.yaml'] },
    {
      name: 'by its own name, when it is configured itself',
      files: ['config/deep/a.yaml'],
      more: { paths: ['config/deep/a.yaml'] },
      keys: ['a.yaml'],
    },
    {
      name: 'with the separator for each folder between',
      files: ['config/b/c/a.yaml'],
      more: { separator: '__' },
      keys: ['b__c__a.yaml'],
    },
    {
      name: 'or is left out with its subdirectory, when the plan says so',
      files: ['config/a', 'config/b/c'],
      more: { ignoreSubdirectories: true },
      keys: ['a'],
    },
    {
      name: 'under a folder of its own when that is configured beside the other',
      files: ['config/a', 'extra/b'],
      more: { paths: ['config', 'extra'] },
      keys: ['a', 'b'],
    },
  ];
  test.each(cases)('$name', (each) => {
    expect(
      keys(
        each.files.map((path) => file(path)),
        each.more,
      ),
    ).toEqual(each.keys);
  });
});

describe('files are refused, each by name,', () => {
  const lfs = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n';
  const cases: readonly {
    name: string;
    files: readonly SourceFile[];
    more?: Partial<KeyRules>;
    reasons: readonly string[];
  }[] = [
    {
      name: 'that lie in subdirectories, where no separator is set',
      files: [file('config/a'), file('config/b/c'), file('config/b/d')],
      reasons: [
        'config/b/c lies in a subdirectory, and a ConfigMap key can not hold "/"',
        'config/b/d lies in a subdirectory, and a ConfigMap key can not hold "/"',
      ],
    },
    {
      name: 'whose names a key can not have',
      files: [file('config/with space'), file('config/..data'), file(`config/${'n'.repeat(254)}`)],
      reasons: [
        'config/with space: a ConfigMap key has letters, digits, "-", "_" and "." only',
        'config/..data: a ConfigMap key can not be "." or begin with ".."',
        `config/${'n'.repeat(254)}: a ConfigMap key has at most 253 characters`,
      ],
    },
    {
      name: 'that would share a key',
      files: [file('config/app.yaml'), file('extra/app.yaml')],
      more: { paths: ['config', 'extra'] },
      reasons: ['config/app.yaml and extra/app.yaml would both be the key app.yaml'],
    },
    {
      name: 'that the separator makes the same',
      files: [file('config/a/b'), file('config/a__b')],
      more: { separator: '__' },
      reasons: ['config/a/b and config/a__b would both be the key a__b'],
    },
    {
      name: 'whose content is not in git',
      files: [file('config/model.bin', lfs)],
      reasons: ['config/model.bin is a Git LFS pointer, its content is not in git'],
    },
    {
      name: 'that are together one byte too large, keys not counted',
      files: [file('config/a', Buffer.alloc(1_048_576)), file('config/b', 'x')],
      reasons: ['the files have 1048577 bytes, and a ConfigMap holds 1048576'],
    },
  ];
  test.each(cases)('$name', (each) => {
    expect(reasons(each.files, each.more)).toEqual(each.reasons);
  });

  test('but not when they fit to the byte', () => {
    expect(reasons([file('config/a', Buffer.alloc(1_048_576))])).toEqual([]);
  });
});

describe('content', () => {
  const binary = Buffer.from([0xff, 0x00, 0xfe]);
  const content = new Map([
    ['text', Buffer.from('ü\n\u0000\ufeff')],
    ['binary', binary],
    ['empty', Buffer.alloc(0)],
  ]);

  test('travels as data where it is UTF-8 and as binaryData where it is not, and comes back byte for byte', () => {
    const object = asObjectData(content);
    expect(Object.keys(object.data ?? {})).toEqual(['empty', 'text']);
    expect(object.binaryData).toEqual({ binary: binary.toString('base64') });
    expect(contentDigest(contentOfObject(object))).toBe(contentDigest(content));
  });

  test('has a digest of keys and bytes, whatever their order', () => {
    expect(contentDigest(new Map([...content].reverse()))).toBe(contentDigest(content));
    expect(contentDigest(new Map([...content, ['more', Buffer.alloc(0)]]))).not.toBe(contentDigest(content));
    expect(contentDigest(new Map([['a', Buffer.from('bc')]]))).not.toBe(
      contentDigest(new Map([['ab', Buffer.from('c')]])),
    );
  });

  test('is compared key by key, and what is no text is named with its sizes', () => {
    const after = new Map([...content, ['binary', Buffer.from([1, 0xff])], ['text', Buffer.from('u\n')]]);
    const shown = contentDiff(content, after, { before: 'live', after: 'v1' });
    expect(shown).toContain('Binary key binary differs: 3 bytes in live, 2 in v1\n');
    expect(shown).toContain('--- live/text\n+++ v1/text\n');
    expect(shown).not.toContain('empty');
  });
});
