/** The one place that fetches: adds the token, turns problems into errors, notices when the service is away. */

const TOKEN_KEY = "satseek-token";

/** An answer that says what went wrong. */
export class Problem extends Error {
  readonly status: number;
  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

/** No answer at all: the service is stopped, or the network is. */
export class Away extends Error {}

/** What the client tells the page; the page puts its own functions here. */
export const tells = {
  wantsToken: (_again: boolean): void => {},
  reached: (_is: boolean): void => {},
};

export function token(): string | null {
  try {
    return sessionStorage.getItem(TOKEN_KEY);
  } catch {
    return null;
  }
}

export function keepToken(value: string): void {
  sessionStorage.setItem(TOKEN_KEY, value);
}

export function authorization(): Record<string, string> {
  const held = token();
  return held ? { Authorization: `Bearer ${held}` } : {};
}

/** Make an address that the service gave one of this page's own origin; others stay as they are. */
export function ownAddress(href: string, origin: string = globalThis.location?.origin ?? "http://localhost"): string {
  try {
    const url = new URL(href, origin);
    const local = ["127.0.0.1", "localhost", "[::1]"];
    if (url.origin === origin) return href;
    if (local.includes(url.hostname) && local.includes(new URL(origin).hostname)) {
      return origin + href.slice(href.indexOf(url.host) + url.host.length);
    }
  } catch {
    // an address that is none is used as it came
  }
  return href;
}

/** Fetch a path of the service; throws Problem or Away. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...authorization(), ...(init.headers as Record<string, string> | undefined) };
  let response: Response;
  try {
    response = await fetch(ownAddress(path), { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    tells.reached(false);
    throw new Away("The service does not answer.");
  }
  tells.reached(true);
  if (response.ok) return response;
  if (response.status === 401) tells.wantsToken(token() !== null);
  throw new Problem(response.status, await detailOf(response));
}

export async function askJson<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await ask(path, { ...init, headers: { Accept: "application/json", ...init.headers } });
  return (await response.json()) as T;
}

export function post(body: unknown, signal?: AbortSignal): RequestInit {
  const init: RequestInit = {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json" },
  };
  return signal ? { ...init, signal } : init;
}

async function detailOf(response: Response): Promise<string> {
  const otherwise = `The service answered ${response.status}.`;
  try {
    const body = (await response.json()) as { detail?: unknown };
    return typeof body.detail === "string" ? body.detail : otherwise;
  } catch {
    return otherwise;
  }
}
