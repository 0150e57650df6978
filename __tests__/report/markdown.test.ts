// Outside text in Markdown can be read and does nothing else, wherever it stands.

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  alert,
  cleanText,
  codeBlock,
  codeCell,
  codeSpan,
  details,
  escapeHtml,
  escapeProse,
  escapeText,
  heading,
  link,
  mermaidText,
  neutralText,
  oneLine,
} from '../../src/values/markdown.ts';
import { hostileText } from '../../tools/look/hostile-journal.ts';
import { alive, html, shapeOf, textOf } from './rendered.ts';

const hostile: readonly (readonly [why: string, text: string])[] = [
  ['ends a table cell', 'a | b || c \\| d'],
  ['opens code', '`a` ``b`` ```c'],
  ['is an image with a handler', '<img src=x onerror=alert(1)>'],
  ['is a script', '<script>alert(1)</script>'],
  ['closes a fold', '</details></summary>'],
  ['is a comment', '<!-- hidden --> <!--'],
  ['pings everyone', '@everyone and @acme/team, (@ada) mail@example.com'],
  ['refers to issues', 'fixes #123, closes acme/checkout#9, GH-7'],
  ['is a script link', '[click](javascript:alert(1))'],
  ['is a picture link', '![x](https://evil.example/x.png)'],
  ['is a reference link', '[a]: https://evil.example "t"\n\n[a]'],
  ['is a bare address', 'https://evil.example and www.evil.example and <https://evil.example>'],
  ['is a mail address', 'mailto:a@b.example <a@b.example>'],
  ['has several paragraphs', 'one\n\ntwo\n\n    three'],
  ['is a rule', '---'],
  ['underlines a heading', 'a\n==='],
  ['is a heading', '# one'],
  ['is a list', '- one\n- two'],
  ['is a numbered list', '1. one'],
  ['is a task', '- [ ] one'],
  ['is a quotation', '> one'],
  ['is an alert', '> [!WARNING]\n> one'],
  ['opens a fence', '```\nrm -rf /\n```'],
  ['opens a longer fence', '~~~~~\n`````'],
  ['starts a Mermaid chart', '```mermaid\n%%{init: {"theme":"dark"}}%%\ngraph TD; a-->b\n```'],
  ['turns the direction of reading', 'abc\u202etxt.exe\u202c \u2066x\u2069'],
  ['hides signs', 'a\u200bb\ufeffc\u{e0041}'],
  ['colours the terminal', '\u001b[31mred\u001b[0m\u001b]8;;https://evil.example\u0007x\u001b]8;;\u0007'],
  ['has control characters', 'a\u0000b\u0007c\u0085d'],
  ['is emphasised', '**bold** _em_ __x__ *y* ~~gone~~ ~z~'],
  ['is mathematics', '$x$ and $$y$$'],
  ['has entities', '&lt;b&gt; &#64;ada &amp;amp;'],
  ['is a footnote', '[^1] and\n[^1]: x'],
  ['has escapes', 'a\\*b\\\\|c\\'],
  ['is everything at once', hostileText],
];

const places: readonly (readonly [where: string, draw: (text: string) => string])[] = [
  ['a paragraph', escapeText],
  ['the middle of a sentence', (text) => `before ${escapeText(text)} after`],
  ['a heading', (text) => heading(2, text)],
  ['a list item', (text) => `- ${escapeText(text)}`],
  ['a table cell', (text) => `| h | i |\n| - | - |\n| ${escapeText(text)} | x |`],
  ['prose that may hold code', (text) => `| h | i |\n| - | - |\n| ${escapeProse(text)} | x |`],
  ['inline code', (text) => `x ${codeSpan(text)} y`],
  ['inline code in a table', (text) => `| h | i |\n| - | - |\n| ${codeCell(text)} | x |`],
  ['a code block', (text) => codeBlock(text)],
  ['a code block in an alert', (text) => alert('CAUTION', codeBlock(text))],
  ['the title of a fold', (text) => details(text, 'x')],
  ['the inside of a fold', (text) => details('x', codeBlock(text))],
  ['HTML', (text) => `<span>${escapeHtml(text)}</span>`],
  ['the text of a link', (text) => link(text, 'https://github.com/acme/checkout/issues')],
];

describe.each(places)('outside text in %s', (_where, draw) => {
  test.each(hostile)('comes to nothing when it %s', (_why, text) => {
    expect(alive(draw(text))).toEqual([]);
  });

  test.each(hostile)('leaves the blocks around it as they are when it %s', (_why, text) => {
    expect(shapeOf(draw(text))).toEqual(shapeOf(draw('harmless')));
  });
});

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(...'|`*_~[]()<>#@!\\$&-+=:.1 \nax', '```', '://', 'www.', '<b>', '&lt;', '\u202e'),
      { maxLength: 40 },
    )
    .map((signs) => signs.join('')),
);

describe('any text at all', () => {
  test('reads in a paragraph as it was written', () => {
    fc.assert(
      fc.property(nasty, (text) => readBack(escapeText(text)) === oneLine(text)),
      { numRuns: 2_000 },
    );
  });

  test('reads in a table cell as it was written, and the table keeps its cells', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const table = `| h | i |\n| - | - |\n| ${escapeText(text)} | x |`;
        expect(shapeOf(table)).toEqual(['table 2×1']);
        expect(cellOf(table)).toBe(oneLine(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('reads as inline code in a cell as it was written', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const table = `| h | i |\n| - | - |\n| ${codeCell(text)} | x |`;
        expect(shapeOf(table)).toEqual(['table 2×1']);
        expect(cellOf(table)).toBe(oneLine(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('can not end a code block', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const block = codeBlock(text);
        expect(shapeOf(`${block}\n\nafter`)).toEqual(['code text', 'paragraph']);
        expect(textOf(html(block)).trimEnd()).toBe(cleanText(text).replaceAll('\u200b', '').trimEnd());
      }),
      { numRuns: 2_000 },
    );
  });

  test('is nothing but words in a Mermaid chart', () => {
    fc.assert(
      fc.property(nasty, (text) => /^[\p{L}\p{N} ._/()…-]*$/u.test(mermaidText(text))),
      { numRuns: 2_000 },
    );
  });
});

function readBack(markdown: string): string {
  return textOf(html(markdown)).trim();
}

function cellOf(table: string): string {
  return textOf(/<td>([\s\S]*?)<\/td>/.exec(html(table))?.[1] ?? '');
}

describe('a link', () => {
  test.each([
    ['javascript:alert(1)'],
    ['data:text/html,x'],
    ['https://user:secret@host.example/'],
    ['not an address'],
    ['file:///etc/passwd'],
  ])('to %s is only its text', (address) => {
    expect(html(link('text', address))).toBe('<p>text</p>\n');
  });

  test('can not be left through its address', () => {
    const drawn = link('text', 'https://host.example/a)b[c](javascript:x) "onload="y');
    expect(html(drawn).match(/<a /g)).toHaveLength(1);
    expect(html(drawn)).toContain(
      'href="https://host.example/a%29b%5Bc%5D%28javascript:x%29%20%22onload=%22y"',
    );
  });
});

describe('text for a commit message', () => {
  test('pings nobody, closes nothing and stays on one line', () => {
    const text = neutralText('fixes #12\n\nCo-authored-by: @ada GH-3');
    expect(text.replaceAll('\u200b', '')).toBe('fixes #12 Co-authored-by: @ada GH-3');
    expect(text).not.toMatch(/#\d|@\w|GH-\d|\n/);
  });
});

test('inline code keeps backticks at its edges', () => {
  expect(readBack(codeSpan('`a`'))).toBe('`a`');
});

test('what stands between backticks in a message is shown as code, the rest is not', () => {
  expect(html(escapeProse('run `kubectl get <pod>` *now*'))).toBe(
    '<p>run <code>kubectl get &lt;pod&gt;</code> *now*</p>\n',
  );
});
