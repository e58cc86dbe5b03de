// The messages, live: filtered by the daemon, paused by the page, bounded here.
import { $, el, soon } from "/dom.js";
import { clock, onLanguage, t } from "/idioma.js";
import { narrow, on } from "/vivo.js";

const KEPT = 400;
let waiting = [];
let paused = false;
const verbs = new Set();

function entry([, at, way, who, verb, text]) {
  return el("li", { "data-way": way === "<" ? "in" : "out" },
    el("time", {}, clock(at)),
    el("i", { class: "way", "aria-label": way }, way === "<" ? "→" : "←"),
    el("bdi", { class: "peer" }, who),
    el("b", { class: "verb" }, verb),
    el("bdi", { class: "rest" }, text));
}

function learn(verb) {
  if (verbs.has(verb) || verbs.size >= 100) return;
  verbs.add(verb);
  $("verbs").append(el("option", { value: verb }));
}

const draw = soon(() => {
  if (!paused && waiting.length) {
    const log = $("log");
    const stay = log.scrollTop > 8 ? log.scrollHeight - log.scrollTop : null;
    log.prepend(...waiting.reverse());
    waiting = [];
    while (log.children.length > KEPT) log.lastChild.remove();
    // Newest on top; who has scrolled down to read keeps the place.
    if (stay !== null) log.scrollTop = log.scrollHeight - stay;
  }
  $("log-empty").hidden = $("log").children.length > 0;
  $("pause").textContent = paused ? t("messages.resume", { n: waiting.length }) : t("messages.pause");
});

function clear() {
  waiting = [];
  $("log").replaceChildren();
  draw();
}

export function startMessages() {
  const name = $("filter-name");
  const verb = $("filter-verb");
  const filter = () => narrow(name.value.trim(), verb.value.trim().toUpperCase());
  on("mensagens", (batch) => {
    batch.entries.forEach((one) => learn(one[4]));
    if (batch.skipped) waiting.push(el("li", { class: "skipped" }, t("messages.skipped", { n: batch.skipped })));
    waiting.push(...batch.entries.map(entry));
    waiting = waiting.slice(-KEPT);
    draw();
  });
  on("mensagens-novas", clear);
  on("ola", () => {
    clear();
    if (name.value || verb.value) filter();
  });
  let timer = 0;
  for (const input of [name, verb]) {
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, 250); });
  }
  $("pause").addEventListener("click", () => {
    paused = !paused;
    $("pause").setAttribute("aria-pressed", String(paused));
    draw();
  });
  onLanguage(draw);
}
