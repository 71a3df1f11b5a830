/** Asking the console over HTTP, as whoever is logged in. The session is a cookie that no script sees. */

const ANSWERED_WITHIN_MS = 15_000;
const OWN_HEADER = { "X-Cuadrante": "sala" };
const KEPT_AS = "cuadrante-sala-session";
const NO_CONSOLE = {
  es: "El servidor no responde. Revise la red e intente de nuevo.",
  en: "The server does not answer. Check the network and try again.",
};

/** Why something was not done: `text` is for people, `code` and `field` for programs. */
export class Declined extends Error {
  constructor({ code, field, text }) {
    super(code);
    this.code = code;
    this.field = field;
    this.text = text;
  }
}

/** Returns what was asked for, or null where there is nothing to say. Throws `Declined`. */
export async function ask(method, path, body = undefined) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: OWN_HEADER,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWERED_WITHIN_MS),
    });
    if (answer.status === 204) return null;
    if (answer.ok) return await answer.json();
  } catch {
    throw new Declined({ code: "no_console", field: null, text: NO_CONSOLE });
  }
  // A proxy in between may answer with something of its own.
  const problem = await answer.json().catch(() => null);
  throw new Declined(problem?.text ? problem : { code: "no_console", text: NO_CONSOLE });
}

/** Who is logged in, or null. Throws `Declined` when nobody can say. */
export async function whoIsLoggedIn() {
  if (localStorage.getItem(KEPT_AS) === null) return null; // nobody ever was: the question is spared
  try {
    return await ask("GET", "/v1/session");
  } catch (error) {
    if (!(error instanceof Declined) || error.code !== "not_authenticated") throw error;
    localStorage.removeItem(KEPT_AS);
    return null;
  }
}

export async function logIn(accountId, password, totp) {
  const oneTime = totp ? { totp } : {};
  const session = await ask("POST", "/v1/session", { account_id: accountId, password, ...oneTime });
  localStorage.setItem(KEPT_AS, session.account_id);
  return session;
}

export async function logOut() {
  await ask("DELETE", "/v1/session");
  localStorage.removeItem(KEPT_AS);
}
