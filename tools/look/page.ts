// Markdown to a page that looks like a forge would show it: close enough to judge layout, not a copy of any forge.

import { marked } from 'marked';

export type PageOptions = {
  readonly title: string;
  /** Path of a Mermaid bundle; without it charts are shown as their text. */
  readonly mermaid?: string | undefined;
};

const alertColours: Readonly<Record<string, string>> = {
  NOTE: '#0969da',
  TIP: '#1a7f37',
  IMPORTANT: '#8250df',
  WARNING: '#9a6700',
  CAUTION: '#cf222e',
};

/** Front matter is shown as a table by forges; here as the text it is. */
export function renderPage(markdown: string, options: PageOptions): string {
  const [, front, body = markdown] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(markdown) ?? [];
  const html = marked.parse(body, { gfm: true, async: false });
  const boxed = html.replaceAll(
    /<blockquote>\s*<p>\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]/g,
    (_all, kind: string) =>
      `<blockquote class="alert" style="border-color:${alertColours[kind] ?? ''}"><p><b style="color:${alertColours[kind] ?? ''}">${kind}</b><br>`,
  );
  const script =
    options.mermaid === undefined
      ? ''
      : `<script src="file://${options.mermaid}"></script><script>
document.querySelectorAll('code.language-mermaid').forEach((code) => {
  const chart = document.createElement('pre'); chart.className = 'mermaid'; chart.textContent = code.textContent; code.parentElement.replaceWith(chart);
});
mermaid.initialize({ startOnLoad: true, securityLevel: 'strict' });</script>`;
  return `<!doctype html><meta charset="utf-8"><title>${options.title}</title><style>${css}</style>
<article>${front === undefined ? '' : `<pre><code>${asText(front)}</code></pre>`}${boxed}</article>${script}`;
}

function asText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

const css = `
body { margin: 0; background: #fff; color: #1f2328; font: 15px/1.5 -apple-system, "Segoe UI", "DejaVu Sans", Helvetica, Arial, sans-serif; }
article { max-width: 980px; margin: 0 auto; padding: 24px 32px; }
h1, h2 { border-bottom: 1px solid #d1d9e0b3; padding-bottom: .3em; } h1 { font-size: 1.7em; } h2 { font-size: 1.4em; } h3 { font-size: 1.15em; }
table { border-collapse: collapse; display: block; overflow: auto; width: max-content; max-width: 100%; }
th, td { border: 1px solid #d1d9e0; padding: 6px 13px; } tr:nth-child(2n) { background: #f6f8fa; }
code { background: #818b981f; border-radius: 6px; padding: .2em .4em; font: 85% "DejaVu Sans Mono", monospace; }
pre { background: #f6f8fa; border-radius: 6px; padding: 16px; overflow: auto; } pre code { background: none; padding: 0; }
blockquote { margin: 0 0 16px; padding: 0 1em; border-left: .25em solid #d1d9e0; } blockquote.alert { color: inherit; padding: .5em 1em; }
details { margin: 8px 0; } summary { cursor: pointer; } hr { border: 0; height: .25em; background: #d1d9e0; }
`;
