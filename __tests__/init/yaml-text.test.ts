// Scalars of generated plans are the same text for every YAML reader, and comments stay comments.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { load, YAML11_SCHEMA } from 'js-yaml';
import { parseManifest } from '../../src/components/helm/manifest.ts';
import { comment, scalar, visible } from '../../src/init/yaml-text.ts';

describe('a scalar', () => {
  test.each([
    ['shop-api', 'shop-api'],
    ['deployment/api', 'deployment/api'],
    ['./charts/shop-api', './charts/shop-api'],
    ['on', "'on'"],
    ['Null', "'Null'"],
    ['1e3', "'1e3'"],
    ['0x10', "'0x10'"],
    ['2026-11-21', "'2026-11-21'"],
    ['1.0', "'1.0'"],
    ['.5', "'.5'"],
    ['~', "'~'"],
    ['arn:aws:eks:eu-west-1:1:cluster/shop', "'arn:aws:eks:eu-west-1:1:cluster/shop'"],
    ["o'clock", "'o''clock'"],
    ['a\nb', '"a\\nb"'],
  ])('%j is written %s', (text, expected) => {
    expect(scalar(text)).toBe(expected);
  });

  test('whatever the text is, readers of YAML 1.1 and 1.2 give it back', () => {
    const hostile = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[a-z0-9.+_:-]{1,8}$/),
      fc.constantFrom(
        'yes',
        'NO',
        'y',
        '.inf',
        '0o17',
        '1:30',
        '<<',
        '=',
        '- a',
        'a: b',
        'a #b',
        '&a',
        '*a',
        '!a',
      ),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        // Lone surrogates have no form in UTF-8 at all, so no file holds one.
        fc.pre(!/\p{Cs}/u.test(text));
        for (const schema of [undefined, YAML11_SCHEMA]) {
          const read = load(
            `key: ${scalar(text)}\nin: [${scalar(text)}]\n`,
            schema === undefined ? {} : { schema },
          );
          expect(read).toEqual({ key: text, in: [text] });
        }
        const manifest = `apiVersion: v1\nkind: A\nmetadata: { name: ${scalar(text)} }\n`;
        expect(parseManifest(manifest)[0]?.name).toBe(text);
      }),
    );
  });
});

describe('a comment', () => {
  test('is wrapped, and a command in backticks is not broken', () => {
    const lines = comment(`${'word '.repeat(17)}then \`helm list --all --all-namespaces\`, and see`);
    expect(lines.length).toBe(2);
    expect(lines[1]).toBe('# `helm list --all --all-namespaces`, and see');
  });

  test('nothing in it ends the line or hides text', () => {
    const text = comment('a\nservice: b\r\u2028c\u202ed\u0000', 2).join('\n');
    expect(text).toBe('  # a service: b c?d?');
    expect(visible('\u001b[31mred')).toBe('?[31mred');
  });
});
