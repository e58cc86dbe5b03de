// The table: all rows are here, the ones that match are drawn, a few hundred at a time.
import { $, el, soon } from "/dom.js";
import { age, locale, moment, number, onLanguage, t } from "/idioma.js";
import { on } from "/vivo.js";

const PAGE = 200;
const people = new Map();
let shown = PAGE;
let now = 0;

const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function matches([name, address, , state], words) {
  const text = fold(`${name} ${address} ${state} ${t(`state.${state}`)}`);
  return words.every((word) => text.includes(word));
}

function row([name, address, port, state, since]) {
  return el("tr", {},
    el("td", { class: "who", "data-label": t("people.name") }, el("bdi", {}, name)),
    el("td", { "data-label": t("people.state") }, el("span", { class: "state", "data-state": state }, el("i", { class: "dot" }), t(`state.${state}`))),
    el("td", { class: "mono", "data-label": t("people.address") }, address),
    el("td", { class: "mono num", "data-label": t("people.port") }, String(port)),
    el("td", { class: "num", "data-label": t("people.since"), title: moment(since) }, age(Math.max(0, now - since))));
}

const draw = soon(() => {
  const words = fold($("search").value).split(/\s+/).filter(Boolean);
  const all = [...people.values()];
  const found = words.length ? all.filter((person) => matches(person, words)) : all;
  const collator = new Intl.Collator(locale());
  found.sort((a, b) => collator.compare(a[0], b[0]));
  $("rows").replaceChildren(...found.slice(0, shown).map(row));
  $("people-count").textContent = words.length ? t("people.of", { n: number(found.length), total: number(all.length) }) : number(all.length);
  $("rows-empty").hidden = found.length > 0;
  $("rows-empty").textContent = t(all.length ? "people.none" : "people.empty");
  $("rows-more").hidden = found.length <= shown;
  $("rows-more").textContent = t("people.more", { n: number(found.length - shown) });
});

export function startTable() {
  on("tabela", (change) => {
    if (change.whole) people.clear();
    change.gone.forEach((name) => people.delete(name));
    change.present.forEach((person) => people.set(person[0], person));
    draw();
  });
  on("estado", (status) => {
    // The ages are drawn anew every few seconds, not at each look.
    if (status.now - now < 5) return;
    now = status.now;
    draw();
  });
  $("search").addEventListener("input", () => { shown = PAGE; draw(); });
  $("rows-more").addEventListener("click", () => { shown += PAGE; draw(); });
  onLanguage(draw);
}
