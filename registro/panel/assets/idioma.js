// The two languages of the page. Keys are the data-t attributes of the HTML; a test holds both tables together.
const PT = {
  "door.what": "O painel deste registro abre com o link que o serviço mostrou na primeira partida, ou com a chave guardada em painel.token.",
  "door.key": "Chave do painel", "door.enter": "Entrar", "door.wrong": "Essa não é a chave deste painel.",
  "door.silent": "O registro não respondeu.",
  "gate.open": "Abrir", "gate.close": "Fechar",
  "stage.aberto": "Aberto", "stage.encerrando": "Encerrando", "stage.fechado": "Fechado",
  "close.ask": "Fechar o servidor? Ninguém mais entra; as conversas em curso podem terminar.",
  "drain.title": "Encerrando", "drain.text": "{calls} em curso · {seconds} s para o fim",
  "tools.theme": "Claro ou escuro", "tools.leave": "Sair",
  "notice.lost": "Sem contato com o registro. Tentando de novo…",
  "notice.session": "A sessão terminou. Abra o painel de novo com a chave.",
  "tile.registered": "Conectados", "tile.calls": "Conversas", "tile.lookups": "Consultas", "tile.messages": "Mensagens",
  "tile.relay": "Relé", "tile.process": "Processo",
  "tile.registered.sub": "{n} conexões", "tile.calls.sub": "{n} tocando", "tile.lookups.sub": "{n} desde a partida",
  "tile.messages.sub": "{n} desde a partida", "tile.relay.sub": "{n} pernas", "tile.process.sub": "{n} de memória",
  "unit.s": "/s",
  "people.title": "Quem está aqui", "people.search": "Procurar nome, endereço ou estado", "people.name": "Nome",
  "people.state": "Estado", "people.address": "Endereço", "people.port": "Porta", "people.since": "Desde",
  "people.empty": "Ninguém por enquanto.", "people.none": "Ninguém com isso.", "people.more": "Mostrar mais ({n})",
  "people.of": "{n} de {total}",
  "state.livre": "livre", "state.ocupado": "ocupado", "state.ausente": "ausente", "state.nao-perturbe": "não perturbe",
  "state.fora": "fora",
  "access.title": "Como chegar", "access.link": "Endereço", "access.copy": "Copiar", "access.copied": "Copiado",
  "access.fingerprint": "Impressão digital", "access.listening": "Escuta em", "access.since": "Em serviço há",
  "calls.title": "Conversas", "calls.empty": "Nenhuma conversa agora.", "calls.ringing": "tocando",
  "calls.talking": "em conversa", "calls.more": "e mais {n}",
  "path.rele": "pelo relé", "path.direto": "direto", "path.linhas": "pela conexão", "path.": "",
  "messages.title": "Mensagens", "messages.name": "nome", "messages.verb": "verbo", "messages.pause": "Pausar",
  "messages.resume": "Continuar ({n})", "messages.empty": "Nenhuma mensagem ainda.", "messages.skipped": "… mais {n} mensagens neste instante",
  "relay.title": "Relé de voz", "relay.up": "ligado", "relay.down": "desligado", "relay.elsewhere": "em outra máquina", "relay.legs": "Pernas",
  "relay.rate": "Passa adiante", "relay.packets": "Pacotes", "relay.total": "Ao todo", "relay.count": "{n} pacotes", "relay.answers": "Pedidos STUN", "relay.drops": "Descartados",
  "faults.title": "Últimos erros", "faults.empty": "Nenhum erro desde a partida.",
  "door.title": "Portaria", "door.bans": "Banidos", "door.invitations": "Convites", "door.names": "Nomes",
  "ban.kind": "O que banir", "ban.name": "nome", "ban.key": "chave", "ban.range": "faixa de endereços",
  "ban.value": "quem: nome, chave ou 203.0.113.0/24", "ban.reason": "motivo (só para você)", "ban.do": "Banir",
  "ban.lift": "Perdoar", "ban.empty": "Ninguém está banido.", "ban.ask": "Banir {who}? Quem estiver conectado sai agora.",
  "kind.nome": "nome", "kind.chave": "chave", "kind.faixa": "faixa",
  "invite.note": "para quem (nota)", "invite.do": "Fazer convite", "invite.secret": "O convite, mostrado só agora:",
  "invite.empty": "Nenhum convite.", "invite.revoke": "Revogar", "invite.used": "usado {n}×", "invite.ask": "Revogar este convite?",
  "names.prefix": "começa com…", "names.find": "Procurar", "names.empty": "Nenhum nome.", "names.free": "Liberar",
  "names.ask": "Liberar {who}? Outra pessoa poderá ficar com o nome.",
  "confirm.no": "Voltar", "age.now": "agora", "version": "versão {v}", "problem": "Não deu certo: {why}",
  "refused.nao-abre": "Não pude abrir {lugar} ({porque}).", "refused.sem-dono": "Ninguém tem o nome {nome}.",
  "refused.nao-banido": "{valor} não está banido.", "refused.nao-e-nome": "{valor} não pode ser um nome.",
  "refused.nao-e-chave": "{valor} não é uma chave.", "refused.nao-e-faixa": "{valor} não é uma faixa de endereços.",
  "refused.nao-e-tipo": "Bane-se um nome, uma chave ou uma faixa de endereços.",
  "refused.sem-convite": "Esse convite não existe.", "refused.sem-sessao": "A sessão terminou.",
  "refused.sem-chave": "Falta a chave.", "refused.sem-marca": "O pedido não veio desta página.",
  "refused.outra-origem": "O pedido não veio desta página.",
  "refused.outro-nome": "Este painel não atende por esse nome.", "refused.so-json": "O pedido não veio desta página.",
  "refused.incompreensivel": "O painel não entendeu o pedido.", "refused.paginas-demais": "Há páginas abertas demais.",
  "refused.outro-modo": "O painel não entendeu o pedido.", "refused.nada-aqui": "Não há nada aqui.",
  "refused.falha-interna": "Falha interna; o registro a anotou.", "refused.sem-resposta": "O registro não respondeu.",
  "fault.nome-nao-guardado": "Um nome não pôde ser guardado: {porque}",
  "fault.perdidas-nao-lidas": "As chamadas perdidas não puderam ser lidas: {porque}",
  "fault.perdida-nao-guardada": "Uma chamada perdida não pôde ser guardada: {porque}",
  "fault.dados": "Os dados não puderam ser lidos ou escritos: {porque}", "fault.rele": "Relé: {porque}",
  "fault.rele-terminou": "O relé terminou ({porque}); de novo em {espera} s",
  "fault.eco-terminou": "O eco terminou ({porque}); de novo em {espera} s",
  "count.limite": "acima do limite", "count.sem-caminho": "sem caminho", "count.lixo": "lixo",
  "count.endereço": "endereço", "count.desafio": "desafio", "count.recusa": "recusa", "count.freio": "freio",
};

const EN = {
  "door.what": "This registry's panel opens with the link that the service showed at its first start, or with the key kept in painel.token.",
  "door.key": "Panel key", "door.enter": "Enter", "door.wrong": "That is not this panel's key.",
  "door.silent": "The registry did not answer.",
  "gate.open": "Open", "gate.close": "Close",
  "stage.aberto": "Open", "stage.encerrando": "Draining", "stage.fechado": "Closed",
  "close.ask": "Close the server? Nobody else comes in; calls in progress may finish.",
  "drain.title": "Draining", "drain.text": "{calls} in progress · {seconds} s left",
  "tools.theme": "Light or dark", "tools.leave": "Leave",
  "notice.lost": "No contact with the registry. Trying again…",
  "notice.session": "The session has ended. Open the panel again with the key.",
  "tile.registered": "Connected", "tile.calls": "Calls", "tile.lookups": "Look-ups", "tile.messages": "Messages",
  "tile.relay": "Relay", "tile.process": "Process",
  "tile.registered.sub": "{n} connections", "tile.calls.sub": "{n} ringing", "tile.lookups.sub": "{n} since start",
  "tile.messages.sub": "{n} since start", "tile.relay.sub": "{n} legs", "tile.process.sub": "{n} of memory",
  "unit.s": "/s",
  "people.title": "Who is here", "people.search": "Search name, address or state", "people.name": "Name",
  "people.state": "State", "people.address": "Address", "people.port": "Port", "people.since": "Since",
  "people.empty": "Nobody yet.", "people.none": "Nobody like that.", "people.more": "Show more ({n})",
  "people.of": "{n} of {total}",
  "state.livre": "free", "state.ocupado": "busy", "state.ausente": "away", "state.nao-perturbe": "do not disturb",
  "state.fora": "offline",
  "access.title": "How to get here", "access.link": "Address", "access.copy": "Copy", "access.copied": "Copied",
  "access.fingerprint": "Fingerprint", "access.listening": "Listens on", "access.since": "In service for",
  "calls.title": "Calls", "calls.empty": "No call right now.", "calls.ringing": "ringing",
  "calls.talking": "talking", "calls.more": "and {n} more",
  "path.rele": "by relay", "path.direto": "direct", "path.linhas": "inside the connection", "path.": "",
  "messages.title": "Messages", "messages.name": "name", "messages.verb": "verb", "messages.pause": "Pause",
  "messages.resume": "Resume ({n})", "messages.empty": "No message yet.", "messages.skipped": "… {n} more messages in this moment",
  "relay.title": "Voice relay", "relay.up": "running", "relay.down": "stopped", "relay.elsewhere": "on another machine", "relay.legs": "Legs",
  "relay.rate": "Passes on", "relay.packets": "Packets", "relay.total": "In all", "relay.count": "{n} packets", "relay.answers": "STUN requests", "relay.drops": "Dropped",
  "faults.title": "Last errors", "faults.empty": "No error since the start.",
  "door.title": "Door-keeping", "door.bans": "Banned", "door.invitations": "Invitations", "door.names": "Names",
  "ban.kind": "What to ban", "ban.name": "name", "ban.key": "key", "ban.range": "address range",
  "ban.value": "who: name, key or 203.0.113.0/24", "ban.reason": "reason (for you alone)", "ban.do": "Ban",
  "ban.lift": "Lift", "ban.empty": "Nobody is banned.", "ban.ask": "Ban {who}? Whoever is connected leaves now.",
  "kind.nome": "name", "kind.chave": "key", "kind.faixa": "range",
  "invite.note": "for whom (note)", "invite.do": "Make invitation", "invite.secret": "The invitation, shown only now:",
  "invite.empty": "No invitation.", "invite.revoke": "Revoke", "invite.used": "used {n}×", "invite.ask": "Revoke this invitation?",
  "names.prefix": "begins with…", "names.find": "Search", "names.empty": "No name.", "names.free": "Free",
  "names.ask": "Free {who}? Somebody else may take the name.",
  "confirm.no": "Back", "age.now": "now", "version": "version {v}", "problem": "That did not work: {why}",
  "refused.nao-abre": "Could not open {lugar} ({porque}).", "refused.sem-dono": "Nobody has the name {nome}.",
  "refused.nao-banido": "{valor} is not banned.", "refused.nao-e-nome": "{valor} cannot be a name.",
  "refused.nao-e-chave": "{valor} is not a key.", "refused.nao-e-faixa": "{valor} is not an address range.",
  "refused.nao-e-tipo": "A name, a key or an address range can be banned.",
  "refused.sem-convite": "There is no such invitation.", "refused.sem-sessao": "The session has ended.",
  "refused.sem-chave": "The key is missing.", "refused.sem-marca": "The request did not come from this page.",
  "refused.outra-origem": "The request did not come from this page.",
  "refused.outro-nome": "This panel does not answer to that name.",
  "refused.so-json": "The request did not come from this page.",
  "refused.incompreensivel": "The panel did not understand the request.",
  "refused.paginas-demais": "Too many pages are open.",
  "refused.outro-modo": "The panel did not understand the request.", "refused.nada-aqui": "There is nothing here.",
  "refused.falha-interna": "Internal error; the registry's log has it.",
  "refused.sem-resposta": "The registry did not answer.",
  "fault.nome-nao-guardado": "A name could not be kept: {porque}",
  "fault.perdidas-nao-lidas": "Missed calls could not be read: {porque}",
  "fault.perdida-nao-guardada": "A missed call could not be kept: {porque}",
  "fault.dados": "The data could not be read or written: {porque}", "fault.rele": "Relay: {porque}",
  "fault.rele-terminou": "The relay ended ({porque}); again in {espera} s",
  "fault.eco-terminou": "The echo ended ({porque}); again in {espera} s",
  "count.limite": "over the limit", "count.sem-caminho": "no such leg", "count.lixo": "junk",
  "count.endereço": "address", "count.desafio": "challenge", "count.recusa": "refused", "count.freio": "throttled",
};

const TABLES = { pt: PT, en: EN };
const NAMES = { pt: "Português", en: "English" };
const SHORT = { pt: "PT", en: "EN" };
const TAGS = { pt: "pt-BR", en: "en" };
const listeners = [];
let current = "pt";

export const onLanguage = (listener) => listeners.push(listener);
export const locale = () => TAGS[current];

export function t(key, values = {}) {
  const text = TABLES[current][key] ?? PT[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

const ATTRIBUTES = { t: null, tTitle: "title", tPlaceholder: "placeholder", tLabel: "aria-label" };
function apply() {
  document.documentElement.lang = TAGS[current];
  for (const node of document.querySelectorAll("[data-t],[data-t-title],[data-t-placeholder],[data-t-label]")) {
    for (const [kept, attribute] of Object.entries(ATTRIBUTES)) {
      const key = node.dataset[kept];
      if (key === undefined) continue;
      if (attribute) node.setAttribute(attribute, t(key)); else node.textContent = t(key);
    }
  }
  const other = current === "pt" ? "en" : "pt";
  const button = document.getElementById("language");
  button.textContent = SHORT[other];
  button.title = NAMES[other];
  button.lang = TAGS[other];
  listeners.forEach((listener) => listener());
}

export function startLanguage() {
  let kept = null;
  try { kept = localStorage.getItem("sala-idioma"); } catch { /* then the browser's language decides */ }
  current = kept in TABLES ? kept : navigator.language.toLowerCase().startsWith("pt") ? "pt" : "en";
  document.getElementById("language").addEventListener("click", () => {
    current = current === "pt" ? "en" : "pt";
    try { localStorage.setItem("sala-idioma", current); } catch { /* it lasts until the page is left */ }
    apply();
  });
  apply();
}

export const number = (value) => new Intl.NumberFormat(TAGS[current]).format(value);
const compactOf = (value) => new Intl.NumberFormat(TAGS[current], { notation: "compact", maximumFractionDigits: 1 }).format(value);
export const compact = (value) => (value < 10000 ? number(Math.round(value)) : compactOf(value));
export const decimal = (value) => new Intl.NumberFormat(TAGS[current], { maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
export const clock = (at) => new Date(at * 1000).toLocaleTimeString(TAGS[current], { hour12: false });
export const moment = (at) => new Date(at * 1000).toLocaleString(TAGS[current], { hour12: false });

export function bytes(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit += 1; }
  return `${decimal(value)} ${units[unit]}`;
}

export function age(seconds) {
  if (seconds < 1) return t("age.now");
  const whole = Math.floor(seconds);
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const first = parts.findIndex(([size]) => whole >= size);
  const [size, unit] = parts[first];
  const next = parts[first + 1];
  const rest = next ? Math.floor((whole % size) / next[0]) : 0;
  return `${Math.floor(whole / size)} ${unit}${rest ? ` ${rest} ${next[1]}` : ""}`;
}
