// HTTP calls to the test forge's API, as its administrator or as somebody with a token.

export interface ForgeResponse {
  readonly status: number;
  /** Parsed JSON, or the text where it is none. */
  readonly body: unknown;
}

/** @param authorization such as `token …` or `Basic …` */
export async function callForge(
  apiUrl: string,
  authorization: string,
  request: { readonly method: string; readonly path: string; readonly body?: unknown },
): Promise<ForgeResponse> {
  const { method, path, body } = request;
  const headers: Record<string, string> = { authorization, accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const response = await fetch(`${apiUrl}${path}`, {
    method,
    headers,
    signal: AbortSignal.timeout(30_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: parse(text) };
}

/** The answer's body. @throws unless the forge said yes */
export async function demand(what: string, answer: Promise<ForgeResponse>): Promise<unknown> {
  const { status, body } = await answer;
  if (status < 200 || status > 299)
    throw new Error(`forge: ${what} was answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
