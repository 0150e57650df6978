// A secret leaves in no form that a command, a server or a log is likely to print it in.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapeText } from '../../src/values/markdown.ts';
import { createRedactor, minSecretLength, tooShortToRedact } from '../../src/values/redaction.ts';

const secret = `p@ss/w+rd="it's\\<x>_y $1&2"`;
const key = '-----BEGIN KEY-----\nMIIEvQIBADANBgkq\n}\nhkiG9w0BAQEFAASC\n-----END KEY-----\n';
const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');

/** Go's encoding/json escapes what means something in HTML. */
const goJson = (text: string): string =>
  JSON.stringify(text).replaceAll(/[&<>]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);

describe('a secret is blanked', () => {
  const forms: readonly (readonly [form: string, printed: string])[] = [
    ['as it is', secret],
    ['in base64', utf8(secret).toString('base64')],
    ['in base64 without padding', utf8(secret).toString('base64').replace(/=+$/, '')],
    ['in the base64 of URLs', utf8(secret).toString('base64url')],
    [
      'in the base64 of URLs with padding',
      utf8(secret).toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
    ],
    ['with the line end that `echo` adds, in base64', utf8(`${secret}\n`).toString('base64')],
    ['in a Basic credential', utf8(`deploy:${secret}`).toString('base64')],
    ['in a Basic credential of another length', utf8(`deploys:${secret}`).toString('base64')],
    ['in a Basic credential of a third length', utf8(`deployer:${secret}`).toString('base64')],
    ['inside an encoded document', utf8(`{"password":${JSON.stringify(secret)}}`).toString('base64')],
    ['in a URL', encodeURIComponent(secret)],
    [
      'in a URL with small letters',
      encodeURIComponent(secret).replaceAll(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()),
    ],
    ['in a form', new URLSearchParams({ x: secret }).toString()],
    ['in JSON', JSON.stringify({ x: secret })],
    ['in JSON within JSON', JSON.stringify(JSON.stringify({ x: secret }))],
    ['in single quotes of a shell', `'${secret.replaceAll("'", `'\\''`)}'`],
    ['in double quotes of a shell', `"${secret.replaceAll(/["\\$`]/g, '\\$&')}"`],
    ['as a shell’s `printf %q` shows it', secret.replaceAll(/[^\w@%+=:,./-]/g, '\\$&')],
    [
      'in HTML',
      secret
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;'),
    ],
    [
      'in HTML as Go writes it',
      secret
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&#34;')
        .replaceAll("'", '&#39;'),
    ],
    [
      'in HTML as Python writes it',
      secret
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&quot;')
        .replaceAll("'", '&#x27;'),
    ],
    ['in JSON as Go writes it', goJson(secret)],
    ['in JSON as Go writes it, within JSON', JSON.stringify(goJson(secret))],
    ['in the base64 of JSON as Go writes it', utf8(goJson(secret)).toString('base64')],
    ['in Markdown', escapeText(secret)],
  ];
  const redact = createRedactor([secret]);

  test.each(forms)('%s', (_form, printed) => {
    const out = redact(`before ${printed} after`);
    expect(out).toMatch(/^before .*\*\*\*.* after$/);
    // What is left must not give the value back: neither as text nor, byte for byte, as base64.
    expect(out).not.toContain(secret.slice(0, 8));
    expect(out.replaceAll(/before|after|\*\*\*/g, '').trim().length).toBeLessThan(printed.length - 8);
  });

  test('with everything around it left as it was', () => {
    expect(redact(`user=ada password=${secret} host=db`)).toBe('user=ada password=*** host=db');
  });
});

describe('a secret with letters beyond ASCII is blanked in JSON', () => {
  const foreign = 'clé&naïve→😀';
  const redact = createRedactor([foreign]);

  test.each([
    ['that escapes them', '{"x":"cl\\u00e9&na\\u00efve\\u2192\\ud83d\\ude00"}', '{"x":"***"}'],
    ['that escapes them in capitals', '{"x":"cl\\u00E9&na\\u00EFve\\u2192\\uD83D\\uDE00"}', '{"x":"***"}'],
    ['that escapes the & as well', '{"x":"cl\\u00e9\\u0026na\\u00efve\\u2192\\ud83d\\ude00"}', '{"x":"***"}'],
    ['that escapes the & alone', '{"x":"clé\\u0026naïve→😀"}', '{"x":"***"}'],
    [
      'within JSON',
      '"{\\"x\\":\\"cl\\\\u00e9&na\\\\u00efve\\\\u2192\\\\ud83d\\\\ude00\\"}"',
      '"{\\"x\\":\\"***\\"}"',
    ],
    ['but another text is not', '{"x":"cl\\u00e9\\u0026na\\u00efve"}', '{"x":"cl\\u00e9\\u0026na\\u00efve"}'],
  ])('%s', (_how, printed, expected) => {
    expect(redact(printed)).toBe(expected);
  });
});

describe('a secret of several lines is blanked', () => {
  const redact = createRedactor([key]);

  test.each([
    ['whole', key],
    ['with the line ends of Windows', key.replaceAll('\n', '\r\n')],
    ['with its lines indented', key.replaceAll(/^/gm, '    ')],
    ['by one line alone', 'error near MIIEvQIBADANBgkq in line 2'],
    ['in JSON', JSON.stringify(key)],
    ['in base64', utf8(key).toString('base64')],
  ])('%s', (_how, printed) => {
    const out = redact(printed);
    expect(out).toContain('***');
    expect(out).not.toMatch(/MIIEvQIBADANBgkq|hkiG9w0BAQEFAASC|TUlJRXZRSUJBREFOQmdrc/);
  });

  test('but a line of one brace is no secret', () => {
    expect(redact('function () {\n}\n')).toBe('function () {\n}\n');
  });
});

describe('several secrets', () => {
  test.each([
    [
      'the longer is blanked before the shorter that it holds',
      ['abcd', 'abcdefgh'],
      'x abcdefgh y',
      'x *** y',
    ],
    ['of two that overlap no end is left over', ['abcdef', 'defghi'], 'x abcdefghi y', 'x *** y'],
    ['two that touch become one', ['abcd', 'efgh'], 'x abcdefgh y', 'x *** y'],
    ['one that overlaps itself is gone whole', ['aaaa'], 'x aaaaaaa y', 'x *** y'],
    ['two apart are two', ['abcd', 'efgh'], 'abcd-efgh', '***-***'],
    ['signs that mean something in patterns mean nothing', ['a.*b|c'], 'axxb a.*b|c', 'axxb ***'],
  ])('%s', (_rule, secrets, text, expected) => {
    expect(createRedactor(secrets)(text)).toBe(expected);
  });
});

describe('values that are no use as secrets', () => {
  test.each([
    ['an empty one', ''],
    ['one of blanks', '  \n '],
    ['one of three characters', 'abc'],
  ])('%s is not searched for', (_what, value) => {
    expect(createRedactor([value])('abc  \n def')).toBe('abc  \n def');
  });

  test('the short ones are named by their place, so that the plan can refuse them', () => {
    expect(tooShortToRedact(['', 'abc', 'abcd', ' x '])).toEqual([1, 3]);
  });
});

test('no text keeps any secret, and redacting twice is redacting once', () => {
  const value = fc
    .string({ minLength: minSecretLength, maxLength: 20 })
    .filter((text) => text.trim().length >= minSecretLength && !text.includes('*'));
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 5 }),
      fc.array(fc.string(), { maxLength: 6 }),
      (secrets, between) => {
        const text = between.map((words, index) => words + (secrets[index % secrets.length] ?? '')).join('');
        const redact = createRedactor(secrets);
        const once = redact(text);
        expect(secrets.filter((one) => once.includes(one))).toEqual([]);
        expect(redact(once)).toBe(once);
      },
    ),
    { numRuns: 500 },
  );
});

test('ten megabytes with a hundred secrets take less than ten seconds', () => {
  const secrets = Array.from({ length: 100 }, (_, index) => `secret-number-${index}-${'x'.repeat(20)}`);
  const text = `${'a line of a log that holds nothing at all\n'.repeat(250_000)}${secrets.join('\n')}`;
  const began = performance.now();
  expect(createRedactor(secrets)(text)).not.toContain('secret-number');
  expect(performance.now() - began).toBeLessThan(10_000);
});
