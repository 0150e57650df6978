// Markdown from outside text: every function here takes text that anybody may have written (a reason, a log line,
// an error) and gives Markdown in which it can only be read. No HTML, link, mention or issue reference comes alive.

/** Breaks `@name`, `#12` and `https://` for machines and leaves them as they are for eyes. */
const breaker = '\u200b';

// The lists of what is cut out are what they are about, hence the control characters.
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal sequences start with ESC
const terminalSequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of C0 and C1 but tab and newline
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** Direction overrides, isolates and marks, zero-width signs, tags: text that reads differently from what it is. */
const invisible =
  /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** The text without anything that acts instead of being read: terminal sequences, control and direction characters. */
export function cleanText(text: string): string {
  return text
    .replaceAll(/\p{Surrogate}/gu, '\ufffd')
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[\u2028\u2029\u0085]/g, '\n')
    .replaceAll(terminalSequences, '')
    .replaceAll(controls, '')
    .replaceAll(invisible, '');
}

/** The same on one line. */
export function oneLine(text: string): string {
  return cleanText(text).replaceAll(/\s+/g, ' ').trim();
}

/** Outside text for a place that isn't Markdown but is scanned all the same, such as a commit message. One line. */
export function neutralText(text: string): string {
  return unlinked(oneLine(text));
}

/** Pings nobody, closes nothing, links nowhere. */
function unlinked(text: string): string {
  return text
    .replaceAll('@', `@${breaker}`)
    .replaceAll(/#(?=\d)/g, `#${breaker}`)
    .replaceAll(/GH-(?=\d)/gi, (prefix) => prefix + breaker)
    .replaceAll(/:(?=\/\/)/g, `:${breaker}`)
    .replaceAll(/(mailto|xmpp):/gi, `$1${breaker}:`)
    .replaceAll(/www\./gi, (prefix) => `${prefix.slice(0, 3)}${breaker}.`);
}

/** Outside text inside a sentence, a heading, a list item or a table cell. One line. */
export function escapeText(text: string): string {
  const escaped = unlinked(oneLine(text))
    .replaceAll(/[\\`*[\]~]/g, '\\$&')
    .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replaceAll('#', '\\#')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('|', '&#124;')
    .replaceAll('$', '<span>$</span>');
  return escaped.replace(/^([-+=])/, '\\$1').replace(/^(\d+)([.)])(?=\s|$)/, '$1\\$2');
}

/** The same for messages of ours that quote outside text: what stands between two backticks is shown as code. */
export function escapeProse(text: string): string {
  return oneLine(text)
    .split(/(`[^`]+`)/)
    .map((part, index) => {
      if (index % 2 === 1) return codeCell(part.slice(1, -1));
      const [, before = '', inner = '', after = ''] = /^(\s*)(.*?)(\s*)$/.exec(part) ?? [];
      return `${before}${escapeText(inner)}${after}`;
    })
    .join('');
}

/** Outside text inside HTML, such as the line of a fold. One line; also harmless where Markdown looks into HTML. */
export function escapeHtml(text: string): string {
  return unlinked(oneLine(text)).replaceAll(/[&<>"'\\`*_[\]()!~|$#]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Outside text as inline code, for sentences. Can be copied as it is. One line; empty text stays empty. */
export function codeSpan(text: string): string {
  const line = oneLine(text);
  if (line === '') return '';
  const fence = '`'.repeat(longestRun(line) + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/**
 * Inline code for a table cell. A bar would end the cell even inside code, so text with one becomes HTML
 * with every sign that Markdown knows written as a number.
 */
export function codeCell(text: string): string {
  const line = oneLine(text);
  if (!line.includes('|')) return codeSpan(line);
  const numbered = line.replaceAll(/[^\p{L}\p{N} ]/gu, (sign) => `&#${sign.codePointAt(0) ?? 0};`);
  return `<code>${numbered}</code>`;
}

/** Outside text as a fenced block whose fence is longer than any inside. `language` is ours, never from outside. */
export function codeBlock(text: string, language: 'text' | 'sh' | 'diff' | 'json' = 'text'): string {
  const body = cleanText(text).replace(/\n+$/, '');
  const fence = '`'.repeat(Math.max(3, longestRun(body) + 1));
  return `${fence}${language}\n${body}\n${fence}`;
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
}

export function heading(level: 1 | 2 | 3 | 4, text: string): string {
  return `${'#'.repeat(level)} ${escapeText(text)}`;
}

/** A link when the address is plain http(s) without credentials, otherwise only its text. */
export function link(text: string, address: string): string {
  const url = safeUrl(address);
  if (url === undefined) return escapeText(text);
  // Not every renderer honours an escaped bracket inside the text of a link; a number is never one.
  const label = escapeText(text).replaceAll('\\[', '&#91;').replaceAll('\\]', '&#93;');
  return `[${label}](${url})`;
}

function safeUrl(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  if (url.username !== '' || url.password !== '') return undefined;
  return url.href.replaceAll(/[()<>|`*_[\]\\"'\s]/g, percentByte);
}

function percentByte(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** A fold. `summary` is outside text, `body` is Markdown made here. */
export function details(summary: string, body: string): string {
  return `<details>\n<summary>${escapeHtml(summary)}</summary>\n\n${body}\n\n</details>`;
}

/** The five boxes that GitHub and Gitea colour. */
export type Alert = 'NOTE' | 'TIP' | 'IMPORTANT' | 'WARNING' | 'CAUTION';

/** A coloured box where the forge has them, a quotation elsewhere. `body` is Markdown made here. */
export function alert(kind: Alert, body: string): string {
  const quoted = body.split('\n').map((line) => (line === '' ? '>' : `> ${line}`));
  return [`> [!${kind}]`, ...quoted].join('\n');
}

/** A name inside a Mermaid chart: only letters, digits and signs that mean nothing there, and short. */
export function mermaidText(text: string, longest = 48): string {
  const plain = oneLine(text)
    .replaceAll(/[^\p{L}\p{N} ._/()-]/gu, ' ')
    .replaceAll(/-{2,}/g, '-')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const points = [...plain];
  return points.length <= longest ? plain : `${points.slice(0, longest - 1).join('')}…`;
}
