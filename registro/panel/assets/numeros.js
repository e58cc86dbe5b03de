// The tiles: what is there now, and rates from the difference of two looks, with the last minute as a line.
import { $, el, svg } from "/dom.js";
import { bytes, compact, decimal, onLanguage, t } from "/idioma.js";
import { on } from "/vivo.js";

const KEPT = 60;
const samples = [];
const sum = (mapping) => Object.values(mapping).reduce((total, value) => total + value, 0);

const TILES = [
  { key: "registered", value: (s) => compact(s.present.registered), sub: (s) => compact(s.present.connections), line: (s) => s.present.registered },
  { key: "calls", value: (s) => compact(s.present.ringing + s.present.talking), sub: (s) => compact(s.present.ringing), line: (s) => s.present.ringing + s.present.talking },
  { key: "lookups", rate: (s) => s.traffic.lookups_found + s.traffic.lookups_missing },
  { key: "messages", rate: (s) => s.traffic.messages_in + s.traffic.messages_out },
  { key: "relay", rate: (s) => s.relay.size, show: (r) => `${bytes(r)}${t("unit.s")}`, sub: (s) => compact(s.relay.legs) },
  { key: "process", rate: (s) => s.process.cpu, show: (r) => `${decimal(100 * r)} %`, sub: (s) => bytes(s.process.memory) },
];

function rates(read) {
  return samples.slice(1).map((sample, i) => {
    const before = samples[i];
    return Math.max(0, (read(sample) - read(before)) / Math.max(0.001, sample.now - before.now));
  });
}

function line(values) {
  const picture = svg("svg", { viewBox: "0 0 100 24", preserveAspectRatio: "none", class: "spark", "aria-hidden": "true" });
  if (values.length < 2) return picture;
  const top = Math.max(...values, 1e-9);
  // A young line fills what there is; from a dozen looks on it grows to the left.
  const step = 100 / (Math.max(values.length, 12) - 1);
  const from = 100 - step * (values.length - 1);
  const points = values.map((value, i) => `${(from + i * step).toFixed(2)},${(22 - (20 * value) / top).toFixed(2)}`);
  picture.append(
    svg("polygon", { points: `${from.toFixed(2)},24 ${points.join(" ")} 100,24` }),
    svg("polyline", { points: points.join(" ") }),
  );
  return picture;
}

function tile(kind, now) {
  const values = kind.rate ? rates(kind.rate) : samples.map(kind.line);
  const rate = values.at(-1) ?? 0;
  const show = kind.show ?? ((r) => `${decimal(r)}${t("unit.s")}`);
  const total = kind.sub ? kind.sub(now) : compact(kind.rate(now));
  return el("div", { class: "tile", id: `tile-${kind.key}` },
    el("span", { class: "tile-name" }, t(`tile.${kind.key}`)),
    el("span", { class: "tile-value" }, kind.rate ? show(rate) : kind.value(now)),
    el("span", { class: "tile-sub" }, t(`tile.${kind.key}.sub`, { n: total })),
    line(values));
}

const pair = (name, value, more = "") => el("div", {}, el("dt", {}, name), el("dd", {}, value, el("small", {}, more)));
const reasons = (drops) => Object.entries(drops).filter(([, n]) => n).map(([why, n]) => `${t(`count.${why.replace(" ", "-")}`)} ${compact(n)}`).join(", ");

function relay(now) {
  const state = $("relay-state");
  state.textContent = t(now.relay.elsewhere ? "relay.elsewhere" : now.relay.running ? "relay.up" : "relay.down");
  state.dataset.stage = now.relay.running || now.relay.elsewhere ? "aberto" : "fechado";
  const last = (read) => rates(read).at(-1) ?? 0;
  $("relay-numbers").replaceChildren(
    pair(t("relay.legs"), compact(now.relay.legs)),
    pair(t("relay.rate"), `${bytes(last((s) => s.relay.size))}${t("unit.s")}`),
    pair(t("relay.packets"), `${decimal(last((s) => s.relay.packets))}${t("unit.s")}`),
    pair(t("relay.total"), bytes(now.relay.size), t("relay.count", { n: compact(now.relay.packets) })),
    pair(t("relay.answers"), compact(sum(now.relay.answers)), reasons(now.relay.answers)),
    pair(t("relay.drops"), compact(sum(now.relay.drops)), reasons(now.relay.drops)));
}

function show() {
  const now = samples.at(-1);
  if (!now) return;
  $("numbers").replaceChildren(...TILES.map((kind) => tile(kind, now)));
  relay(now);
}

export function startNumbers() {
  on("estado", (status) => {
    // A restarted daemon counts from nothing: the old line means nothing any more.
    if (samples.length && samples.at(-1).started !== status.started) samples.length = 0;
    if (!samples.length || status.now - samples.at(-1).now >= 0.9) samples.push(status);
    if (samples.length > KEPT) samples.shift();
    show();
  });
  onLanguage(show);
}
