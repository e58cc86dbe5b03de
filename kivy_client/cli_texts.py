"""What the terminal says, and the exit statuses: every end has a sentence and a status of its own."""

import errno
import os
from dataclasses import dataclass
from enum import IntEnum

from kivy_client.session.results import CallResult, ConnectResult
from kivy_client.session.state_call import QualityView
from kivy_client.session.vocabulary import (
    Caution,
    EndCause,
    HistoryKind,
    Link,
    NoticeKind,
    Path,
    Presence,
    QualityCause,
    Side,
    Trouble,
)


class Status(IntEnum):
    """The exit statuses."""

    OK = 0
    FAILED = 1
    USAGE = 2
    SERVER = 3
    FINGERPRINT = 4
    REGISTRATION = 5
    NOT_FOUND = 6
    BUSY = 7
    REFUSED = 8
    NO_ANSWER = 9
    ABSENT = 10
    DO_NOT_DISTURB = 11
    CANCELLED = 12
    CONNECTION_LOST = 13
    NO_PATH = 14
    KEY_CHANGED = 15
    FORGED = 16
    CLOCK = 17
    SOUND = 18
    LIMIT = 19
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class End:
    """How the program ends: the status and the sentence; `{name}` and `{detail}` are filled in."""

    status: Status
    sentence: str


CALL_ENDS = {
    EndCause.HUNG_UP_HERE: End(Status.OK, "conversa com {name} encerrada"),
    EndCause.HUNG_UP_THERE: End(Status.OK, "{name} encerrou a conversa"),
    EndCause.BUSY: End(Status.BUSY, "{name} está em outra chamada"),
    EndCause.BUSY_HERE: End(Status.BUSY, "este nome já está em outra chamada"),
    EndCause.REFUSED: End(Status.REFUSED, "{name} recusou a chamada"),
    EndCause.REFUSED_HERE: End(Status.REFUSED, "chamada de {name} recusada"),
    EndCause.NO_ANSWER: End(Status.NO_ANSWER, "{name} não atende"),
    EndCause.MISSED: End(Status.NO_ANSWER, "a chamada de {name} não foi atendida"),
    EndCause.ABSENT: End(Status.ABSENT, "{name} não está conectado; ficará sabendo da chamada"),
    EndCause.NOT_FOUND: End(Status.NOT_FOUND, "ninguém se chama {name} neste servidor"),
    EndCause.DO_NOT_DISTURB: End(Status.DO_NOT_DISTURB, "{name} não quer ser perturbado"),
    EndCause.CANCELLED_HERE: End(Status.INTERRUPTED, "chamada a {name} cancelada"),
    EndCause.CANCELLED: End(Status.CANCELLED, "{name} desistiu da chamada"),
    EndCause.CONNECTION_LOST: End(Status.CONNECTION_LOST, "a ligação com {name} se perdeu"),
    EndCause.NO_PATH: End(Status.NO_PATH, "nenhum caminho até {name}: a voz não passou"),
    EndCause.SERVER_GONE: End(Status.SERVER, "o servidor sumiu durante a chamada"),
    EndCause.SERVER_CLOSING: End(Status.SERVER, "o servidor está sendo encerrado"),
    EndCause.KEY_CHANGED: End(Status.KEY_CHANGED, "a chave de {name} mudou; nada foi enviado a essa chave"),
    EndCause.FORGED: End(Status.FORGED, "a chamada com {name} não é autêntica: pode haver alguém no meio"),
    EndCause.CLOCK: End(Status.CLOCK, "os relógios diferem em mais de dois minutos"),
    EndCause.SOUND_FAILED: End(Status.SOUND, "o som falhou: {detail}"),
    EndCause.LIMIT: End(Status.LIMIT, "convites demais em pouco tempo; espere um pouco"),
    EndCause.CROSSED: End(Status.BUSY, "{name} está chamando"),
    EndCause.FAULT: End(Status.FAILED, "o servidor não aceitou a chamada: {detail}"),
}

TROUBLES = {
    Trouble.UNREACHABLE: End(Status.SERVER, "o servidor não responde"),
    Trouble.UNKNOWN_HOST: End(Status.SERVER, "ninguém conhece esse servidor"),
    Trouble.NOT_A_SERVER: End(Status.SERVER, "o que responde nesse endereço não é um servidor da Sala"),
    Trouble.FINGERPRINT_CHANGED: End(
        Status.FINGERPRINT, "a impressão digital do servidor é outra; nada foi enviado"
    ),
    Trouble.FINGERPRINT_REFUSED: End(Status.FINGERPRINT, "servidor não aceito; nada foi enviado"),
    Trouble.CERTIFICATE: End(Status.FINGERPRINT, "o certificado não vale para esse servidor"),
    Trouble.NAME_TAKEN: End(Status.REGISTRATION, "esse nome pertence a outra chave"),
    Trouble.NAME_INVALID: End(Status.REGISTRATION, "o servidor não aceita esse nome"),
    Trouble.INVITATION_NEEDED: End(Status.REGISTRATION, "um nome novo precisa do convite certo"),
    Trouble.VERSION: End(Status.REGISTRATION, "o servidor fala outra versão"),
    Trouble.BANNED: End(Status.REGISTRATION, "o operador não deixa entrar"),
    Trouble.REPLACED: End(Status.SERVER, "este nome se conectou de outro lugar"),
    Trouble.LIMIT: End(Status.LIMIT, "o servidor pede para esperar"),
    Trouble.FULL: End(Status.SERVER, "o servidor está cheio"),
    Trouble.CLOSING: End(Status.SERVER, "o servidor está sendo encerrado"),
    Trouble.REFUSED: End(Status.REGISTRATION, "o servidor recusou: {detail}"),
}

#: What goes wrong beside the connection.
PROBLEMS = {
    Trouble.FILE_SET_ASIDE: "um arquivo estava estragado e foi guardado à parte: {detail}",
    Trouble.FILE_NOT_WRITTEN: "um arquivo não pôde ser gravado: {detail}",
    Trouble.IDENTITY_BROKEN: "a identidade estava estragada e foi guardada à parte: {detail}",
    Trouble.SOUND: "o som falhou: {detail}",
    Trouble.MAINTENANCE: "o servidor vai fechar: {detail}",
}

#: What the system says of a file, whatever its language, in ours.
SYSTEM_WORDS = {
    os.strerror(number): words
    for number, words in (
        (errno.ENOSPC, "o disco está cheio"),
        (errno.EROFS, "só pode ser lido"),
        (errno.EACCES, "sem permissão"),
        (errno.EPERM, "sem permissão"),
        (errno.ENOENT, "não existe"),
        (errno.ENOTDIR, "não é uma pasta"),
        (errno.EISDIR, "é uma pasta"),
        (errno.EEXIST, "já existe"),
        (errno.EDQUOT, "a cota do disco acabou"),
        (errno.EIO, "o disco falhou"),
    )
}


def system_words(detail: str) -> str:
    """Return the detail of a trouble with the system's words in ours."""
    for theirs, ours in SYSTEM_WORDS.items():
        detail = detail.replace(theirs, ours)
    return detail


UNKNOWN_TROUBLE = End(Status.SERVER, "a conexão com o servidor falhou: {detail}")

CALL_RESULTS = {
    CallResult.OFFLINE: End(Status.SERVER, "não há conexão com o servidor"),
    CallResult.IN_CALL: End(Status.BUSY, "já há uma chamada"),
    CallResult.ONESELF: End(Status.USAGE, "esse nome é o seu"),
    CallResult.BLOCKED: End(Status.REFUSED, "{name} está bloqueado aqui"),
    CallResult.KEY_CHANGED: CALL_ENDS[EndCause.KEY_CHANGED],
    CallResult.BAD_NAME: End(Status.USAGE, "esse não é um nome"),
    CallResult.NOBODY: End(Status.USAGE, "não houve chamada antes"),
}

CONNECT_RESULTS = {
    ConnectResult.BAD_ADDRESS: End(
        Status.USAGE, "o servidor deve ser HOST, HOST:PORTA ou sala://HOST:PORTA/#IMPRESSÃO"
    ),
    ConnectResult.BAD_NAME: End(
        Status.USAGE, "esse não é um nome: letras latinas, algarismos e . _ - no meio, no máximo 32"
    ),
    ConnectResult.NAME_MISSING: End(Status.USAGE, "diga quem é você com --nome"),
    ConnectResult.IN_CALL: End(Status.FAILED, "não durante uma chamada"),
}

PRESENCES = {
    Presence.FREE: "livre",
    Presence.BUSY: "ocupado",
    Presence.AWAY: "ausente",
    Presence.DO_NOT_DISTURB: "não perturbe",
    Presence.OFFLINE: "não conectado",
}

PATHS = {Path.NONE: "nenhum", Path.RELAY: "relé", Path.DIRECT: "direto", Path.LINES: "pelo servidor"}

LINKS = {
    Link.OFF: "desconectado",
    Link.CONNECTING: "conectando…",
    Link.ASKING: "o servidor é novo",
    Link.REGISTERING: "registrando {name}…",
    Link.ONLINE: "na sala, como {name}; «ajuda» mostra os comandos",
    Link.WAITING: "sem conexão: {why}; tentando de novo",
    Link.STOPPED: "parado",
}

CAUTIONS = {
    Caution.MUTED_BUT_TALKING: "o microfone está calado, e você fala",
    Caution.NO_SOUND_IN: "do microfone não vem som",
    Caution.NO_SOUND_OUT: "o alto-falante não toca",
    Caution.DEVICE_LOST: "um dispositivo de som sumiu; outro está em uso",
    Caution.DEVICE_BACK: "o dispositivo de som voltou",
    Caution.SERVER_AWAY: "o servidor sumiu; a conversa continua sem ele",
    Caution.NOTHING_ARRIVES: "nada chega do outro lado",
    Caution.ONLY_SILENCE: "do outro lado só vem silêncio",
    Caution.ECHO_NOT_CANCELLED: "sem cancelador de eco: use fones",
    Caution.RECORDING_STOPPED: "a gravação parou",
    Caution.OTHER: "algo vai mal com o som",
}

NOTICES = {
    NoticeKind.FREE_NOW: "{name} está livre",
    NoticeKind.MISSED_CALL: "chamada perdida de {name}",
    NoticeKind.SECOND_CALLER: "{name} também chamou, e ouviu ocupado",
    NoticeKind.MAINTENANCE: "o servidor avisa: {detail}",
}

QUALITY = {0: "sem som", 1: "som ruim", 2: "som razoável", 3: "som bom"}

CAUSES = {
    QualityCause.LOSS: "pacotes se perdem",
    QualityCause.JITTER: "a rede está irregular",
    QualityCause.DELAY: "há muito atraso",
    QualityCause.RATE: "a linha é estreita",
    QualityCause.COMPUTER: "o computador não acompanha",
    QualityCause.MICROPHONE: "o microfone quase não dá som",
    QualityCause.GAPS: "o som tem falhas",
    QualityCause.SILENCE: "nada chega",
}

SIDES = {Side.NOBODY: "", Side.OURS: " deste lado", Side.THEIRS: " do lado de {name}"}


def quality_words(quality: QualityView, name: str) -> str:
    """Return how good a call is, why not better, and on whose side."""
    words = QUALITY[quality.bars]
    if quality.cause in CAUSES:
        words += f": {CAUSES[quality.cause]}{SIDES[quality.side].format(name=name)}"
    return words


def milliseconds(measured: float | None) -> str:
    """Return a time for a person; a dash where nothing was measured yet."""
    return "—" if measured is None else f"{measured:.0f} ms"


KINDS = {
    HistoryKind.MADE: "feita",
    HistoryKind.RECEIVED: "recebida",
    HistoryKind.MISSED: "perdida",
    HistoryKind.MISSED_AWAY: "perdida (fora)",
}
