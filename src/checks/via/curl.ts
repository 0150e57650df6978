// An HTTP exchange from inside a pod, with the curl that is there. Its answer is read from what curl writes at the end
// (`--write-out`) and from its own exit code, and gets the same faults as an exchange from here.

import type { Http, KindContext } from '../../ports.ts';
import type { HttpRequest } from '../../values/operation.ts';
import { type PodPlace, runInPod, shellWord } from './in-pod.ts';

type Answer = Awaited<ReturnType<Http['request']>>;
type Fault = Extract<Answer, { ok: false }>['fault'];
type Limits = Parameters<Http['request']>[1];

const defaultMaxBytes = 1024 * 1024;
const summary = '%{size_header} %{http_code} %{time_total}';

/** Throws nothing. */
export async function requestWithCurl(
  context: KindContext,
  place: PodPlace,
  request: HttpRequest,
  limits: Limits,
): Promise<Answer> {
  const secrets = [
    ...Object.values(request.secretHeaders ?? {}),
    ...Object.values(request.secretTexts ?? {}),
  ];
  if (secrets.length > 0)
    return fault('other', 'not sent: secrets of the plan are not taken into a pod; use `port-forward`');
  if (limits.authorityFile !== undefined)
    return fault('other', 'not sent: a file of authorities is not taken into a pod');
  const text = `printf '%s' ${shellWord(curlSettings(request))} | ${curlCommand(limits).map(shellWord).join(' ')}`;
  const done = await runInPod(context, place, text, limits.deadlineMs);
  const where = `from inside ${place.exec}`;
  if (!done.ran) return fault('other', `not sent ${where}: ${done.why}`);
  if (done.exitCode === 126 || done.exitCode === 127)
    return fault('other', `not sent ${where}: the container has no curl; name another with \`container\``);
  if (done.exitCode !== 0) {
    const said = /^curl: \(\d+\) (.*)$/m.exec(done.stderr)?.[1] ?? `curl ended with ${done.exitCode}`;
    return fault(faultOfCode(done.exitCode), `${where}: ${said}`);
  }
  return readAnswer(done.raw, limits.maxBytes ?? defaultMaxBytes);
}

function curlCommand({ deadlineMs, followRedirects }: Limits): readonly string[] {
  const seconds = (Math.max(1, deadlineMs) / 1000).toFixed(3);
  return [
    // First, or a settings file in the container would count.
    ...['curl', '--disable', '--config', '-', '--silent', '--show-error', '--include', '--globoff'],
    ...['--path-as-is', '--proto', '=http,https', '--noproxy', '*', '--max-time', seconds],
    ...(followRedirects === true ? ['--location', '--max-redirs', '5'] : []),
    ...['--write-out', `\\n${summary}`],
  ];
}

/** A settings file for curl. */
function curlSettings({ method, url, headers = {}, body }: HttpRequest): string {
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const lines = [
    ['url', url],
    ...(method === 'HEAD' ? [] : [['request', method]]),
    ...(names.has('user-agent') ? [] : [['user-agent', 'rollback-plan']]),
    ...Object.entries(headers).map(([name, value]) => ['header', `${name}: ${value}`]),
    // curl would say that any body is a form.
    ...(body === undefined || names.has('content-type') ? [] : [['header', 'Content-Type:']]),
    ...(body === undefined ? [] : [['data-raw', body]]),
  ];
  const settings = lines.map(([key, value = '']) => `${key} = ${quoted(value)}`);
  return [...settings, ...(method === 'HEAD' ? ['head'] : []), ''].join('\n');
}

function quoted(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' };
  return `"${text.replaceAll(/[\\"]/g, '\\$&').replaceAll(/[\n\r\t\v]/g, (one) => escapes[one] ?? one)}"`;
}

/** Headers of every hop, the last one's body, and curl's own line. */
function readAnswer(raw: Buffer, maxBytes: number): Answer {
  const end = raw.lastIndexOf('\n');
  const [size = '', status = '', seconds = ''] = raw
    .subarray(end + 1)
    .toString('utf8')
    .trim()
    .split(' ');
  const headerBytes = Number(size);
  const durationMs = Number(seconds.replace(',', '.')) * 1000;
  if (end === -1 || !/^\d{3}$/.test(status) || !Number.isInteger(headerBytes) || Number.isNaN(durationMs))
    return fault('other', 'what curl wrote makes no sense');
  const blocks = raw
    .subarray(0, headerBytes)
    .toString('latin1')
    .split(/\r?\n\r?\n/);
  const last = blocks.filter((block) => block.trim() !== '').at(-1) ?? '';
  const body = raw.subarray(headerBytes, end);
  if (body.length > maxBytes) return fault('too-large', `the body has more than ${maxBytes} bytes`);
  return {
    ok: true,
    response: {
      status: Number(status),
      headers: headersIn(last),
      body: body.toString('utf8'),
      durationMs,
    },
  };
}

function headersIn(block: string): Readonly<Record<string, string>> {
  const headers = new Map<string, string>();
  for (const line of block.split(/\r?\n/).slice(1)) {
    const colon = line.indexOf(':');
    if (colon === -1) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const before = headers.get(name);
    const value = line.slice(colon + 1).trim();
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(headers);
}

const codes: Readonly<Record<Exclude<Fault, 'cancelled' | 'other'>, readonly number[]>> = {
  dns: [6],
  refused: [7],
  timeout: [28],
  reset: [18, 52, 55, 56, 92, 95],
  tls: [35, 51, 53, 54, 58, 59, 60, 77, 80, 82, 83, 90, 91],
  'too-large': [63],
};

function faultOfCode(code: number): Fault {
  if (codes.refused.includes(code)) return 'refused';
  if (codes.timeout.includes(code)) return 'timeout';
  if (codes.reset.includes(code)) return 'reset';
  if (codes.tls.includes(code)) return 'tls';
  if (codes.dns.includes(code)) return 'dns';
  return codes['too-large'].includes(code) ? 'too-large' : 'other';
}

function fault(kind: Fault, detail: string): Answer {
  return { ok: false, fault: kind, detail };
}
