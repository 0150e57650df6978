// Looks whether a request took effect, where the plan says where to look: one GET, and what is expected of the answer.

import { z } from 'zod';
import type { KindContext } from '../../ports.ts';
import { meets } from '../../values/expectations.ts';
import type { Json } from '../../values/json.ts';
import type { Probe } from '../../values/operation.ts';
import { secretHeadersOf } from './request.ts';
import type { HttpStepSettings } from './settings.ts';

const questionMs = 15_000;

/** `undefined` when the plan gives no way to ask. */
export async function askWhetherDone(
  context: KindContext,
  settings: HttpStepSettings,
): Promise<Probe | undefined> {
  const asked = settings['done-if'];
  if (asked === undefined) return undefined;
  const answer = await context.http.request(
    { method: 'GET', url: asked.url, headers: asked.headers, secretHeaders: secretHeadersOf(asked) },
    { deadlineMs: questionMs, signal: context.signal },
  );
  const line = `done-if: GET ${asked.url}`;
  if (!answer.ok) return { state: 'unknown', evidence: `${line}: ${answer.fault}, ${answer.detail}` };
  const { status: code, body } = answer.response;
  const told = `${line} answered ${code}`;
  const right = meets(asked.status, code);
  if (!right.ok) {
    // A server in trouble, or one that does not let us in, says nothing about the work.
    const silent = code >= 500 || code === 401 || code === 403 || code === 429;
    return { state: silent ? 'unknown' : 'not-done', evidence: `${told}: status: ${right.why}` };
  }
  if (asked.json === undefined) return { state: 'done', evidence: told };
  const json = parseJson(body);
  if (json === undefined) return { state: 'unknown', evidence: `${told}, and its body is no JSON` };
  const content = meets(asked.json, json);
  return content.ok
    ? { state: 'done', evidence: told }
    : { state: 'not-done', evidence: `${told}: json: ${content.why}` };
}

/** `undefined` for what is no JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    return z.json().safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
