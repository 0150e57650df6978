// Base64 in lines of a fixed width, seen as a whole or line by line: no part of it that says anything is left over.

import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRedactor } from '../../src/values/redaction.ts';

const secret = 'p&w<x>-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ-0123456789';
const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const wrap = (text: string, width: number, between = '\n'): string =>
  (text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join(between);
const redact = createRedactor([secret]);
const byLine = (text: string): string =>
  text
    .split('\n')
    .map((line) => redact(line))
    .join('\n');
const within = base64(`{"user":"somebody","password":${JSON.stringify(secret)},"host":"db"}`);

/** The longest part of the encoded text that is still there. */
function leftOf(encoded: string, out: string): number {
  let most = 0;
  for (let start = 0; start < encoded.length; start += 1)
    while (start + most < encoded.length && out.includes(encoded.slice(start, start + most + 1))) most += 1;
  return most;
}

describe('wrapped base64 of a secret', () => {
  test.each([
    ['as `base64` prints it', wrap(base64(secret), 76)],
    ['as `openssl` prints it', wrap(base64(secret), 64)],
    ['with the line end that `echo` adds', wrap(base64(`${secret}\n`), 76)],
    ['with the line ends of Windows', wrap(base64(secret), 76, '\r\n')],
    ['indented, as in YAML', wrap(base64(secret), 64, '\n    ')],
    ['in the alphabet of URLs', wrap(base64(secret).replaceAll('+', '-').replaceAll('/', '_'), 76)],
    ['in lines of another width', wrap(base64(secret), 40)],
  ])('%s is blanked', (_how, printed) => {
    const out = redact(`before:\n${printed}\nafter`);
    expect(out).toMatch(/^before:\n\*\*\*[\s\S]{0,8}\nafter$/);
    const alone = base64(secret).slice(0, -4);
    expect(leftOf(alone, byLine(`before:\n${printed}\nafter`))).toBeLessThan(8);
  });

  test.each([40, 60, 64, 70, 76])('inside a document, wrapped at %d', (width) => {
    const own = base64(JSON.stringify(secret).slice(1, -1));
    const inner = [0, 1, 2].map((offset) => base64(`${'x'.repeat(offset)}${secret}`).slice(4, -4));
    for (const form of [own.slice(4, -4), ...inner]) {
      expect(leftOf(form, redact(wrap(within, width)))).toBeLessThan(4);
      expect(leftOf(form, byLine(wrap(within, width)))).toBeLessThan(15);
    }
    expect(redact(wrap(within, width))).toMatch(/^eyJ1c2VyIjoic29tZWJvZHki/);
  });

  test('is gone in one piece, and what stands around it stays', () => {
    expect(redact(`data: ${wrap(base64(secret), 76)}\nnext: line`)).toBe('data: ***\nnext: line');
  });

  test('of a secret that repeats itself, and of two secrets that begin alike', () => {
    const repeated = 'abc'.repeat(60);
    expect(createRedactor([repeated])(wrap(base64(repeated), 76))).toBe('***');
    const [one, other] = [`${'shared-beginning-'.repeat(5)}one`, `${'shared-beginning-'.repeat(5)}other-end`];
    const both = createRedactor([one, other]);
    for (const value of [one, other]) expect(both(wrap(base64(value), 76))).toMatch(/^\*\*\*[^\n]{0,4}$/);
  });
});

describe('other text is untouched', () => {
  test.each([
    ['a log', 'step 1 of 3: deploy\nreplicas: 3\n    image: registry.example/shop/api:v1.2.3\n'],
    [
      'base64 of something else',
      wrap(base64('the quick brown fox jumps over the lazy dog, twice a day, every day'), 64),
    ],
    ['hashes', `sha256:${'0123456789abcdef'.repeat(4)}\n${'deadbeef'.repeat(5)}`],
    ['a word that begins as the encoded secret does', `${base64(secret).slice(0, 11)} and more`],
    ['line ends and indents', 'abcdefghijklmnop\r\n\tqrstuvwxyz\n\n  abcdefghijklmnop\n'],
  ])('%s', (_what, text) => {
    expect(redact(text)).toBe(text);
  });
});

test('whatever the secret, the width and what stands around: nothing of it is left, and twice is once', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 60, maxLength: 200 }),
      fc.integer({ min: 16, max: 80 }),
      fc.nat(5),
      (bytes, width, offset) => {
        const value = Buffer.from(bytes).toString('hex');
        const redactOne = createRedactor([value]);
        const whole = base64(`${'#'.repeat(offset)}${value}`);
        const out = redactOne(wrap(whole, width));
        expect(leftOf(whole.slice(Math.ceil((offset * 4) / 3) + 4, -4), out)).toBeLessThan(8);
        expect(redactOne(out)).toBe(out);
      },
    ),
    { numRuns: 200 },
  );
});

test('megabytes of base64, and large secrets, take seconds and no more', () => {
  const secrets = Array.from({ length: 10 }, () => randomBytes(12_000).toString('hex'));
  const text = wrap(randomBytes(1_200_000).toString('base64'), 76);
  const holding = `${text}\n${wrap(base64(secrets[7] ?? ''), 76)}\n${'A'.repeat(500_000)}\n`;
  // Processor time: what else the machine does is not counted.
  const began = process.cpuUsage();
  const out = createRedactor(secrets)(holding);
  expect(process.cpuUsage(began).user / 1_000_000).toBeLessThan(10);
  expect(out.length).toBeLessThan(holding.length - 30_000);
  expect(out.startsWith(text)).toBe(true);
});
