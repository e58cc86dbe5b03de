// Door-keeping: bans, invitations, owned names. Lists are asked for when looked at and after each action.
import { $, ask, el } from "/dom.js";
import { age, moment, onLanguage, t } from "/idioma.js";
import { act, list, on, problem } from "/vivo.js";

const TABS = ["bans", "invitations", "names"];
let now = Date.now() / 1000;

const button = (text, click) => el("button", { type: "button", class: "quiet small", on: { click } }, text);
const since = (at) => el("time", { class: "soft num", title: moment(at) }, age(Math.max(0, now - at)));
const say = (result) => { $("door-problem").textContent = result.ok ? "" : problem(result); };

async function doing(name, fields) {
  const result = await act(name, fields);
  say(result);
  await refresh();
  return result;
}

const confirmed = (text, yes, work) => async () => { if (await ask(text, yes)) await work(); };

const ROWS = {
  bans: (ban) => el("li", {},
    el("span", { class: "tag" }, t(`kind.${ban.kind}`)), el("bdi", { class: "mono grow" }, ban.value),
    el("bdi", { class: "soft" }, ban.reason), since(ban.since),
    button(t("ban.lift"), () => doing("perdoar", { tipo: ban.kind, valor: ban.value }))),
  invitations: (one) => el("li", {},
    el("bdi", { class: "grow" }, one.note || one.ident), el("span", { class: "soft" }, t("invite.used", { n: one.used })), since(one.since),
    button(t("invite.revoke"), confirmed(t("invite.ask"), t("invite.revoke"), () => doing("revogar", { convite: one.ident })))),
  names: (one) => el("li", {},
    el("bdi", { class: "grow" }, one.name), el("span", { class: "soft mono" }, one.key), since(one.since),
    button(t("names.free"), confirmed(t("names.ask", { who: one.name }), t("names.free"), () => doing("liberar", { nome: one.name })))),
};
const SOURCES = {
  bans: () => list("banidos"),
  invitations: () => list("convites"),
  names: () => list("nomes", { prefixo: $("names-search").elements.prefixo.value.trim() }),
};

const open = () => TABS.find((tab) => $(`tab-${tab}`).getAttribute("aria-selected") === "true");

async function refresh() {
  const tab = open();
  const answer = await SOURCES[tab]();
  if (!answer.ok) { say(answer); return; }
  $(tab).replaceChildren(...answer.result.map(ROWS[tab]));
  $(`${tab}-empty`).hidden = answer.result.length > 0;
}

function choose(chosen) {
  for (const tab of TABS) {
    $(`tab-${tab}`).setAttribute("aria-selected", String(tab === chosen));
    $(`panel-${tab}`).hidden = tab !== chosen;
  }
  $("secret").hidden = true;
  $("door-problem").textContent = "";
  refresh();
}

function submit(id, work) {
  $(id).addEventListener("submit", (event) => { event.preventDefault(); work(event.target); });
}

export function startDoor() {
  for (const tab of TABS) $(`tab-${tab}`).addEventListener("click", () => choose(tab));
  submit("ban", async (form) => {
    const fields = Object.fromEntries(new FormData(form));
    if (!(await ask(t("ban.ask", { who: fields.valor }), t("ban.do")))) return;
    const result = await doing("banir", fields);
    if (result.ok) form.reset();
  });
  submit("invite", async (form) => {
    const result = await doing("convidar", Object.fromEntries(new FormData(form)));
    $("secret").hidden = !result.ok;
    $("secret-text").textContent = result.ok ? result.result : "";
    if (result.ok) form.reset();
  });
  submit("names-search", refresh);
  on("ola", refresh);
  on("estado", (status) => { now = status.now; });
  onLanguage(() => { if (now) refresh(); });
}
