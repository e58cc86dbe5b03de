// The line to the daemon: live events in, actions out. Everything else on the page listens here.
import { $ } from "/dom.js";
import { t } from "/idioma.js";

const listeners = new Map();
let mark = { watcher: "", csrf: "" };
let source = null;

export const on = (kind, listener) => listeners.set(kind, [...(listeners.get(kind) ?? []), listener]);

function say(text) {
  $("notice").hidden = !text;
  $("notice").textContent = text;
}
const notice = (key) => say(key ? t(key) : "");
export const complain = (result) => say(result.ok ? "" : problem(result));

export function start() {
  source = new EventSource("/eventos");
  source.addEventListener("ola", (event) => {
    mark = JSON.parse(event.data);
    notice(null);
    for (const listener of listeners.get("ola") ?? []) listener(mark);
  });
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) { notice("notice.lost"); return; }
    // A refusal closes the source for good: find out whether it is the session, else try again.
    fetch("/api/banidos").then((answer) => {
      if (answer.status === 401) notice("notice.session");
      else setTimeout(start, 2000);
    }, () => { notice("notice.lost"); setTimeout(start, 2000); });
  });
  for (const [kind, those] of listeners) {
    if (kind === "ola") continue;
    source.addEventListener(kind, (event) => {
      const data = JSON.parse(event.data);
      for (const listener of those) listener(data);
    });
  }
}

export async function act(name, fields = {}) {
  try {
    const answer = await fetch(`/api/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-sala": mark.csrf },
      body: JSON.stringify(fields),
    });
    if (answer.status === 401) notice("notice.session");
    return await answer.json();
  } catch {
    return { ok: false, codigo: "sem-resposta", valores: {} };
  }
}

export const problem = (result) => t("problem", { why: t(`refused.${result.codigo}`, result.valores) });

export async function list(name, query = {}) {
  try {
    const answer = await fetch(`/api/${name}?${new URLSearchParams(query)}`);
    return await answer.json();
  } catch {
    return { ok: false, codigo: "sem-resposta", valores: {} };
  }
}

export const narrow = (nome, verbo) => act("filtro", { watcher: mark.watcher, nome, verbo });
