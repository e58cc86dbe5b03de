"""What the words of the view state are in the person's language: tables and small functions, no window
needed.

Every text is looked up when it is shown, so a change of language needs only another rendering.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from kivy_client.i18n import N_, _, ngettext, tr
from kivy_client.session.state import (
    CallView,
    ConnectionView,
    EndedCall,
    HistoryEntry,
    PathView,
    Person,
    Problem,
    QualityView,
)
from kivy_client.session.vocabulary import (
    CallPhase,
    Caution,
    EndCause,
    HistoryKind,
    Link,
    Path,
    Presence,
    QualityCause,
    Side,
    Trouble,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A state by icon, colour (a field of the palette) and word: never by colour alone."""

    icon: str
    colour: str
    word: str


PRESENCE = {
    Presence.FREE: Mark("check-circle", "good", N_("livre")),
    Presence.BUSY: Mark("phone", "danger", N_("em ligação")),
    Presence.AWAY: Mark("clock", "warn", N_("ausente")),
    Presence.DO_NOT_DISTURB: Mark("minus-circle", "danger", N_("não perturbe")),
    Presence.OFFLINE: Mark("circle-outline", "soft", N_("não conectado")),
}

PHASE = {
    CallPhase.CALLING: N_("Chamando…"),
    CallPhase.RINGING: N_("Está tocando…"),
    CallPhase.INCOMING: N_("está ligando para você"),
    CallPhase.SECURING: N_("Protegendo a conversa…"),
    CallPhase.TALKING: N_("Conversando"),
    CallPhase.RECONNECTING: N_("Reconectando…"),
}

_ENDED = {
    EndCause.HUNG_UP_HERE: N_("Ligação encerrada"),
    EndCause.HUNG_UP_THERE: N_("{name} desligou"),
    EndCause.BUSY: N_("{name} está em outra ligação"),
    EndCause.BUSY_HERE: N_("Você já está em uma ligação"),
    EndCause.REFUSED: N_("{name} não pode atender agora"),
    EndCause.REFUSED_HERE: N_("Você recusou a ligação"),
    EndCause.NO_ANSWER: N_("{name} não atendeu"),
    EndCause.MISSED: N_("Você não atendeu"),
    EndCause.ABSENT: N_("{name} não está na sala"),
    EndCause.NOT_FOUND: N_("Ninguém se chama {name} aqui"),
    EndCause.DO_NOT_DISTURB: N_("{name} pediu para não ser incomodado"),
    EndCause.CANCELLED_HERE: N_("Você desistiu da ligação"),
    EndCause.CANCELLED: N_("{name} desistiu"),
    EndCause.CONNECTION_LOST: N_("A conexão caiu"),
    EndCause.NO_PATH: N_("A voz não encontrou caminho"),
    EndCause.SERVER_GONE: N_("O servidor caiu"),
    EndCause.SERVER_CLOSING: N_("O servidor está fechando"),
    EndCause.KEY_CHANGED: N_("A chave de {name} mudou"),
    EndCause.FORGED: N_("A ligação foi adulterada"),
    EndCause.CLOCK: N_("Os relógios não combinam"),
    EndCause.SOUND_FAILED: N_("O som falhou"),
    EndCause.LIMIT: N_("Ligações demais em pouco tempo"),
    EndCause.FAULT: N_("Uma falha interrompeu a ligação"),
}

_ENDED_HELP = {
    EndCause.BUSY: N_("Posso avisar quando ficar livre."),
    EndCause.BUSY_HERE: N_("Talvez em outro aparelho com o seu nome."),
    EndCause.NO_ANSWER: N_("Tocou e ninguém atendeu."),
    EndCause.ABSENT: N_("Quando voltar, vai saber que você ligou."),
    EndCause.NOT_FOUND: N_("Confira como o nome se escreve."),
    EndCause.DO_NOT_DISTURB: N_("Posso avisar quando ficar livre."),
    EndCause.CONNECTION_LOST: N_("Nada chegou por 30 segundos."),
    EndCause.NO_PATH: N_("A rede de um dos lados não deixa a voz passar."),
    EndCause.SERVER_GONE: N_("Ele volta a ser procurado sozinho."),
    EndCause.SERVER_CLOSING: N_("Ele não aceita novas ligações agora."),
    EndCause.KEY_CHANGED: N_("Nada foi dito. Veja o aviso antes de ligar de novo."),
    EndCause.FORGED: N_("Uma assinatura não confere: alguém pode estar no meio. Nada foi dito."),
    EndCause.CLOCK: N_("O relógio de um dos computadores está mais de dois minutos errado."),
    EndCause.SOUND_FAILED: N_("O microfone ou o alto-falante não abre. Veja os ajustes de som."),
    EndCause.LIMIT: N_("O servidor pede para esperar um pouco."),
}

_ENDED_ICON = {
    EndCause.BUSY: "phone-off",
    EndCause.REFUSED: "phone-cancel",
    EndCause.NO_ANSWER: "phone-missed",
    EndCause.MISSED: "phone-missed",
    EndCause.ABSENT: "account-off-outline",
    EndCause.NOT_FOUND: "account-search-outline",
    EndCause.DO_NOT_DISTURB: "minus-circle",
    EndCause.CONNECTION_LOST: "lan-disconnect",
    EndCause.NO_PATH: "lan-disconnect",
    EndCause.SERVER_GONE: "lan-disconnect",
    EndCause.SERVER_CLOSING: "power",
    EndCause.KEY_CHANGED: "shield-alert",
    EndCause.FORGED: "shield-alert",
    EndCause.CLOCK: "clock-outline",
    EndCause.SOUND_FAILED: "microphone-off",
}

WORTH_WAITING = frozenset({EndCause.BUSY, EndCause.DO_NOT_DISTURB, EndCause.ABSENT})
"""After these, «Avisar quando livre» is offered."""

ALARMING = frozenset({EndCause.KEY_CHANGED, EndCause.FORGED})
"""Ends that are shown in red."""

_SHORT = {
    EndCause.BUSY: N_("ocupado"),
    EndCause.BUSY_HERE: N_("ocupado aqui"),
    EndCause.REFUSED: N_("recusada"),
    EndCause.REFUSED_HERE: N_("recusada por você"),
    EndCause.NO_ANSWER: N_("não atendeu"),
    EndCause.MISSED: N_("não atendida"),
    EndCause.ABSENT: N_("ausente"),
    EndCause.NOT_FOUND: N_("não existe"),
    EndCause.DO_NOT_DISTURB: N_("não perturbe"),
    EndCause.CANCELLED_HERE: N_("você desistiu"),
    EndCause.CANCELLED: N_("desistiu"),
    EndCause.CONNECTION_LOST: N_("conexão caiu"),
    EndCause.NO_PATH: N_("sem caminho"),
    EndCause.SERVER_GONE: N_("servidor caiu"),
    EndCause.SERVER_CLOSING: N_("servidor fechando"),
    EndCause.KEY_CHANGED: N_("chave mudou"),
    EndCause.FORGED: N_("adulterada"),
    EndCause.CLOCK: N_("relógio errado"),
    EndCause.SOUND_FAILED: N_("som falhou"),
    EndCause.LIMIT: N_("limite"),
    EndCause.FAULT: N_("falha"),
}

HISTORY = {
    HistoryKind.MADE: Mark("phone-outgoing", "soft", N_("Feita")),
    HistoryKind.RECEIVED: Mark("phone-incoming", "good", N_("Recebida")),
    HistoryKind.MISSED: Mark("phone-missed", "danger", N_("Perdida")),
    HistoryKind.MISSED_AWAY: Mark("phone-missed", "danger", N_("Perdida, você estava fora")),
}

_PATH = {
    Path.NONE: N_("Procurando caminho"),
    Path.RELAY: N_("Pelo servidor"),
    Path.DIRECT: N_("Direto"),
    Path.LINES: N_("Por dentro da conexão segura"),
}

_PATH_HELP = {
    Path.NONE: N_("Ainda nenhum pacote passou."),
    Path.RELAY: N_("A voz passa pelo relé do servidor, fechada."),
    Path.DIRECT: N_("De computador a computador: o caminho mais curto."),
    Path.LINES: N_("A rede não deixa passar UDP; a voz vai junto com as mensagens, com mais atraso."),
}

_UNSEEN = N_("A voz passa pelo relé do servidor, fechada; o outro lado não vê o seu endereço.")

_QUALITY = {0: N_("Sem som"), 1: N_("Som ruim"), 2: N_("Som razoável"), 3: N_("Som bom")}

_CAUSE = {
    QualityCause.LOSS: N_("pacotes se perdem"),
    QualityCause.JITTER: N_("a rede está irregular"),
    QualityCause.DELAY: N_("há muito atraso"),
    QualityCause.RATE: N_("a linha é estreita"),
    QualityCause.COMPUTER: N_("o computador não acompanha"),
    QualityCause.MICROPHONE: N_("o microfone não está bom"),
    QualityCause.GAPS: N_("o som tem falhas"),
    QualityCause.SILENCE: N_("nada está chegando"),
}

_SIDE = {Side.OURS: N_("do seu lado"), Side.THEIRS: N_("do lado de {name}")}

_CAUTION = {
    Caution.MUTED_BUT_TALKING: N_("Você está falando com o microfone desligado"),
    Caution.NO_SOUND_IN: N_("Nenhum som vem do microfone"),
    Caution.NO_SOUND_OUT: N_("O alto-falante não aceita som"),
    Caution.DEVICE_LOST: N_("O aparelho de som sumiu; usando outro até ele voltar"),
    Caution.DEVICE_BACK: N_("O aparelho de som voltou"),
    Caution.SERVER_AWAY: N_("Sem contato com o servidor; a conversa continua"),
    Caution.NOTHING_ARRIVES: N_("Nada está chegando: a linha está muda"),
    Caution.ONLY_SILENCE: N_("Do outro lado só vem silêncio: o microfone de lá pode estar desligado"),
    Caution.ECHO_NOT_CANCELLED: N_("O eco não pode ser tirado aqui; use fones de ouvido"),
    Caution.RECORDING_STOPPED: N_("A gravação parou: o arquivo não pode mais ser escrito"),
}

TROUBLE = {
    Trouble.UNREACHABLE: N_("O servidor não responde. Confira o endereço e a rede."),
    Trouble.UNKNOWN_HOST: N_("Esse endereço não existe. Confira como se escreve."),
    Trouble.NOT_A_SERVER: N_("O que responde nesse endereço não é um servidor da Sala."),
    Trouble.FINGERPRINT_CHANGED: N_("O servidor não é o mesmo de antes. Nada foi enviado."),
    Trouble.FINGERPRINT_REFUSED: N_("Você não aceitou o servidor. Nada foi enviado."),
    Trouble.CERTIFICATE: N_("O certificado não vale para esse endereço. Nada foi enviado."),
    Trouble.NAME_TAKEN: N_("Esse nome já é de outra pessoa. Escolha outro."),
    Trouble.NAME_INVALID: N_("O servidor não aceita esse nome. Use letras, números, ponto, _ ou -."),
    Trouble.INVITATION_NEEDED: N_("Este servidor pede um convite para nomes novos."),
    Trouble.VERSION: N_("O servidor fala outra versão. Atualize o programa."),
    Trouble.BANNED: N_("O operador do servidor bloqueou o acesso."),
    Trouble.REPLACED: N_("Seu nome entrou por outro aparelho."),
    Trouble.LIMIT: N_("O servidor pede para esperar um pouco."),
    Trouble.FULL: N_("O servidor está cheio."),
    Trouble.CLOSING: N_("O servidor está fechando."),
    Trouble.REFUSED: N_("O servidor recusou."),
    Trouble.FILE_SET_ASIDE: N_("Um arquivo estava estragado e foi guardado à parte."),
    Trouble.FILE_NOT_WRITTEN: N_("Um arquivo não pôde ser gravado."),
    Trouble.IDENTITY_BROKEN: N_(
        "Sua identidade estava estragada e foi guardada à parte. Traga a cópia dela nos ajustes."
    ),
    Trouble.SOUND: N_("O sistema de som falhou."),
    Trouble.MAINTENANCE: N_("O servidor vai fechar para manutenção."),
}

LINK = {
    Link.OFF: N_("Desconectado"),
    Link.CONNECTING: N_("Conectando…"),
    Link.ASKING: N_("Esperando a sua resposta"),
    Link.REGISTERING: N_("Entrando na sala…"),
    Link.ONLINE: N_("Na sala"),
    Link.WAITING: N_("Sem contato com o servidor"),
    Link.STOPPED: N_("Não foi possível entrar"),
}


def presence(person: Person) -> Mark:
    """The mark of a person's presence, translated."""
    mark = PRESENCE[person.presence]
    return Mark(mark.icon, mark.colour, _(mark.word))


def clock(seconds: float) -> str:
    """A duration as `m:ss` or `h:mm:ss`."""
    whole = max(0, int(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def length(seconds: float) -> str:
    """A duration that stands beside an hour and must not be taken for one, in one piece: `12 min 34 s`."""
    whole = max(0, int(seconds))
    minutes = whole // 60
    if minutes >= 60:
        return f"{minutes // 60}\u00a0h\u00a0{minutes % 60:02}\u00a0min"
    return f"{minutes}\u00a0min\u00a0{whole % 60:02}\u00a0s" if minutes else f"{whole}\u00a0s"


def hour(moment: float) -> str:
    """A moment as the hour of the day."""
    return time.strftime("%H:%M", time.localtime(moment))


def when(moment: float, now: float) -> str:
    """A time as people say it: today's by the hour, yesterday's by the word, older ones by the date."""
    then, today = time.localtime(moment), time.localtime(now)
    clock_time = hour(moment)
    days = _days(today) - _days(then)
    if days == 0:
        return clock_time
    if days == 1:
        return _("ontem, {hour}").format(hour=clock_time)
    return (
        time.strftime("%d/%m/%Y" if then.tm_year != today.tm_year else "%d/%m", then) + ",\u00a0" + clock_time
    )


def _days(moment: time.struct_time) -> int:
    """Days since some fixed day, in local time."""
    return int(time.mktime((moment.tm_year, moment.tm_mon, moment.tm_mday, 12, 0, 0, 0, 0, -1)) // 86400)


def ended(call: EndedCall) -> str:
    """What happened, in one sentence."""
    return _(_ENDED[call.cause]).format(name=call.name)


def ended_help(call: EndedCall) -> str:
    """What it means or what can be done; for a conversation how long it was."""
    if call.duration:
        return _("A conversa durou {time}.").format(time=clock(call.duration))
    return _(_ENDED_HELP[call.cause]) if call.cause in _ENDED_HELP else ""


def ended_icon(call: EndedCall) -> str:
    """The icon of an end."""
    return _ENDED_ICON.get(call.cause, "phone-hangup")


def quality(view: QualityView, name: str) -> str:
    """The quality in plain words: how good, why not better, and on whose side."""
    words = [_(_QUALITY[max(0, min(3, view.bars))])]
    if view.cause in _CAUSE:
        cause = _(_CAUSE[view.cause])
        side = _(_SIDE[view.side]).format(name=name) if view.side in _SIDE else ""
        words.append(f"{cause} {side}".strip())
    return ": ".join(words)


def path(view: PathView) -> str:
    """The way of the voice in two or three words."""
    return _(_PATH[view.path])


def path_help(view: PathView) -> str:
    """The way of the voice in one sentence; that the other side does not see our address only when it was not
    told."""
    unseen = view.path is Path.RELAY and not view.revealed
    return _(_UNSEEN if unseen else _PATH_HELP[view.path])


def path_word(way: Path) -> str:
    """The way of the voice of a call that ended."""
    return _(_PATH[way])


def caution(call: CallView) -> str:
    """The most pressing warning of a call, or nothing."""
    known = [_(_CAUTION[warning]) for warning in call.warnings if warning in _CAUTION]
    return known[-1] if known else ""


def phase(call: CallView) -> str:
    """Where the call is."""
    return _(PHASE[call.phase])


def history_line(entry: HistoryEntry, now: float) -> str:
    """Kind, end or duration, and when: the second line of a row of the history."""
    told = entry.kind in (HistoryKind.MADE, HistoryKind.RECEIVED) and entry.cause in _SHORT
    outcome = length(entry.duration) if entry.duration else _(_SHORT[entry.cause]) if told else ""
    return " · ".join(part for part in (_(HISTORY[entry.kind].word), outcome, when(entry.when, now)) if part)


def trouble(view: ConnectionView | Problem) -> str:
    """Why something failed, for people; the detail is added where it tells more."""
    sentence = _(TROUBLE[view.trouble]) if view.trouble in TROUBLE else ""
    tells_more = view.trouble in (
        Trouble.REFUSED,
        Trouble.FILE_SET_ASIDE,
        Trouble.FILE_NOT_WRITTEN,
        Trouble.SOUND,
    )
    return f"{sentence} {view.detail}".strip() if tells_more and view.detail else sentence


def connection(view: ConnectionView, now: float) -> str:
    """The line of the connection's banner; empty while all is well."""
    if view.link is Link.ONLINE:
        return _(TROUBLE[view.trouble]) if view.trouble is Trouble.MAINTENANCE else ""
    if view.link is Link.WAITING and view.retry_at is not None:
        left = max(1, round(view.retry_at - now))
        return ngettext(
            "Sem contato com o servidor; nova tentativa em {n} segundo",
            "Sem contato com o servidor; nova tentativa em {n} segundos",
            left,
        ).format(n=left)
    if view.link is Link.STOPPED:
        return trouble(view) or _(LINK[view.link])
    first = view.link in (Link.CONNECTING, Link.REGISTERING) and view.attempt <= 1
    return "" if first else _(LINK[view.link])


def people(total: int, free: int) -> str:
    """The line under the search: how many, and how many of them are free."""
    everyone = ngettext("{n} pessoa", "{n} pessoas", total).format(n=thousands(total))
    ready = ngettext("{n} livre", "{n} livres", free).format(n=thousands(free))
    return f"{everyone} · {ready}"


def per_cent(share: float) -> str:
    """A share of one as per cent, with the language's decimal sign."""
    return f"{share:.1%}".replace(".", "." if tr.language == "en" else ",").replace("%", " %")


def thousands(number: int) -> str:
    """A count with the language's separator of thousands."""
    return f"{number:,}" if tr.language == "en" else f"{number:,}".replace(",", ".")


def connection_word(view: ConnectionView) -> str:
    """How the connection stands, in two or three words."""
    return _(LINK[view.link])
