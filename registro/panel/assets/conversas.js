// The calls in progress and the last errors: short lists, drawn whole.
import { $, el } from "/dom.js";
import { age, bytes, moment, number, onLanguage, t } from "/idioma.js";
import { on } from "/vivo.js";

let calls = { total: 0, calls: [] };
let faults = [];
let now = 0;

function call(one) {
  const talking = one.state === "em-conversa";
  const path = t(`path.${one.path}`);
  const facts = [t(talking ? "calls.talking" : "calls.ringing"), path, one.size ? bytes(one.size) : ""].filter(Boolean);
  return el("li", { class: "call", "data-talking": talking },
    el("span", { class: "pair" }, el("bdi", {}, one.caller), el("i", { class: "arrow", "aria-hidden": "true" }, "→"), el("bdi", {}, one.callee)),
    el("span", { class: "soft" }, facts.join(" · ")),
    el("time", { class: "num", title: moment(one.since) }, age(Math.max(0, now - one.since))));
}

function show() {
  $("calls-count").textContent = number(calls.total);
  $("calls-empty").hidden = calls.total > 0;
  const more = calls.total - calls.calls.length;
  $("calls-list").replaceChildren(...calls.calls.map(call), ...(more > 0 ? [el("li", { class: "soft" }, t("calls.more", { n: number(more) }))] : []));
  $("faults-empty").hidden = faults.length > 0;
  $("faults-list").replaceChildren(...faults.map((fault) => el("li", {}, el("time", { class: "soft" }, moment(fault.at)), el("bdi", {}, fault.code ? t(`fault.${fault.code}`, fault.values) : fault.text))));
}

export function startCalls() {
  on("chamadas", (data) => { calls = data; show(); });
  on("erros", (data) => { faults = data; show(); });
  on("estado", (status) => { now = status.now; show(); });
  onLanguage(show);
}
