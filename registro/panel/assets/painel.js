// The page: the header, the way in, and the parts put together.
import { $, ask, setText } from "/dom.js";
import { age, number, onLanguage, startLanguage, t } from "/idioma.js";
import { startCalls } from "/conversas.js";
import { startMessages } from "/mensagens.js";
import { startNumbers } from "/numeros.js";
import { startDoor } from "/portaria.js";
import { startTable } from "/tabela.js";
import { act, complain, on, start } from "/vivo.js";

let status = null;
let drainFrom = 0;

const grouped = (text) => text.match(/.{1,4}/g)?.join(" ") ?? "";

function showGate() {
  $("stage").dataset.stage = status.stage;
  setText("stage-text", t(`stage.${status.stage}`));
  $("open").hidden = status.stage === "aberto";
  $("close").hidden = status.stage !== "aberto";
  const draining = status.stage === "encerrando" && status.drain_left !== null;
  $("drain").hidden = !draining;
  if (!draining) { drainFrom = 0; return; }
  drainFrom = Math.max(drainFrom, status.drain_left);
  setText("drain-text", t("drain.text", { calls: number(status.present.ringing + status.present.talking), seconds: Math.ceil(status.drain_left) }));
  $("drain-bar").value = drainFrom ? 1 - status.drain_left / drainFrom : 1;
}

function showPlace() {
  const place = status.place;
  const host = place.host.includes(":") ? `[${place.host}]` : place.host;
  setText("where", `${host}:${place.port}`);
  setText("listening", `${host}:${place.port}`);
  setText("fingerprint", grouped(place.fingerprint));
  setText("uptime", age(status.now - status.started));
  setText("version", t("version", { v: status.version }));
  if ($("link").textContent !== place.link) {
    $("link").textContent = place.link;
    $("qr").src = `/qr.svg?${encodeURIComponent(place.link)}`;
  }
}

function show() {
  if (!status) return;
  showGate();
  showPlace();
}

startLanguage();
startNumbers();
startTable();
startMessages();
startCalls();
startDoor();
on("estado", (data) => { status = data; show(); });
onLanguage(show);
$("theme").addEventListener("click", () => globalThis.salaToggleTheme());
$("open").addEventListener("click", async () => complain(await act("abrir")));
$("close").addEventListener("click", async () => { if (await ask(t("close.ask"), t("gate.close"))) act("fechar"); });
$("leave").addEventListener("click", async () => { await act("sair"); location.replace("/"); });
$("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText($("link").textContent);
  $("copy").textContent = t("access.copied");
  setTimeout(() => { $("copy").textContent = t("access.copy"); }, 1500);
});
start();
