// Renders Markdown as a forge would and says what in it is alive, what it says, and which blocks it has.

import { marked, type Token } from 'marked';

const ours = new Set(['br', 'span', 'code', 'details', 'summary']);

export function html(markdown: string): string {
  return marked.parse(markdown, { gfm: true, async: false });
}

/** Everything that does more than being read: foreign HTML, links, pictures, mentions, issue references, addresses. */
export function alive(markdown: string): readonly string[] {
  const found: string[] = [];
  marked.walkTokens(marked.lexer(markdown, { gfm: true }), (token) => {
    if (token.type === 'link' && !isOurs(token)) found.push(`link ${token.raw}`);
    if (token.type === 'image') found.push(`image ${token.raw}`);
    if (token.type === 'html' || token.type === 'tag') {
      for (const [tag, name = ''] of token.raw.matchAll(/<\/?([a-z!][\w-]*)[^>]*>/gi)) {
        if (tag.startsWith('<!--') || !ours.has(name.toLowerCase()) || /\s/.test(tag))
          found.push(`html ${tag}`);
      }
    }
    if (token.type === 'checkbox') found.push(`task ${token.raw}`);
  });
  const read = textOf(html(markdown).replaceAll(/<code[^>]*>[\s\S]*?<\/code>/g, ''), { keepBreakers: true });
  for (const pattern of [
    /@\w[\w/-]*/g,
    /#\d+/g,
    /\bGH-\d+/g,
    /\bhttps?:\/\/\S+/g,
    /\bwww\.\S+/g,
    /[\u202a-\u202e\u2066-\u2069]/g,
  ]) {
    for (const [hit] of read.matchAll(pattern)) found.push(`reference ${hit}`);
  }
  return found;
}

function isOurs(token: Token): boolean {
  return /^\[[^\]]*\]\(https:\/\/github\.com\/acme\/checkout\//.test(token.raw);
}

/** What a reader reads: tags gone, entities resolved, and without the invisible breakers unless they are asked for. */
export function textOf(markup: string, options: { readonly keepBreakers?: boolean } = {}): string {
  const text = markup
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(?:#(\d+)|(\w+));/g, (all, code?: string, name = '') =>
      code === undefined ? (named[name] ?? all) : String.fromCodePoint(Number(code)),
    );
  return options.keepBreakers === true ? text : text.replaceAll('\u200b', '');
}

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&' };

/** The blocks of a document and how tables are built, without what they say. */
export function shapeOf(markdown: string): readonly string[] {
  return marked.lexer(markdown, { gfm: true }).flatMap((token): readonly string[] => {
    switch (token.type) {
      case 'space':
        return [];
      case 'table':
        return [`table ${token['header'].length}×${token['rows'].length}`];
      case 'heading':
        return [`heading ${token['depth']}`];
      case 'list':
        return [`list ${token['items'].length}`];
      case 'code':
        return [`code ${token['lang'] ?? ''}`];
      case 'blockquote':
        return [`quote ${shapeOf(token['text']).join(' ')}`];
      case 'html':
        return [...token.raw.matchAll(/<\/?[a-z]+/g)].map(([tag]) => tag);
      default:
        return [token.type];
    }
  });
}

/** The contents of the code blocks in one language. */
export function codeIn(markdown: string, language: string): readonly string[] {
  return marked
    .lexer(markdown, { gfm: true })
    .flatMap((token) => (token.type === 'code' && token['lang'] === language ? [String(token['text'])] : []));
}
