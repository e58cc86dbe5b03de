"""Example view states: one for every screen and for the states that look different."""

from __future__ import annotations

from dataclasses import replace

from kivy_client.session.search import fold
from kivy_client.session.state import (
    CallView,
    CheckView,
    ConnectionView,
    Contact,
    DeviceView,
    EndedCall,
    FiguresView,
    HistoryEntry,
    IdentityView,
    KeyAlarm,
    LogLine,
    PathView,
    Person,
    Problem,
    QualityView,
    ServerQuestion,
    SetupView,
    ViewState,
)
from kivy_client.session.vocabulary import (
    CallPhase,
    Caution,
    CheckState,
    Direction,
    EndCause,
    HistoryKind,
    Link,
    Path,
    Presence,
    QualityCause,
    Remark,
    Side,
    Trouble,
)

NOW = 1_790_000_000.0
"""The moment of the examples (Unix seconds)."""
KEY = "k3x7 q2mz 5rta w4hd e6yc n2pl 7ubv s3of a4gj t5xi z2qe r7wk m3ha"
OTHER_KEY = "p5wd z7ka 2mqe h4xt c6un r3vb y2sl o7gf j5ia n4xe q2tk w7rm d3hz"

_NAMES = (
    ("ana.lúcia", Presence.FREE),
    ("antônio", Presence.BUSY),
    ("beatriz", Presence.FREE),
    ("césar.oliveira", Presence.AWAY),
    ("daniela", Presence.DO_NOT_DISTURB),
    ("eco", Presence.FREE),
    ("fátima", Presence.FREE),
    ("gonçalo", Presence.OFFLINE),
    ("helena_costa", Presence.FREE),
    ("inácio", Presence.AWAY),
    ("joão", Presence.FREE),
    ("maria.aparecida.dos.santos.silva", Presence.FREE),
    ("zuleica", Presence.OFFLINE),
)
_FAVOURITES = frozenset({"ana.lúcia", "gonçalo", "joão"})


def person(name: str, presence: Presence, **more: object) -> Person:
    """A row of the room."""
    return Person(name=name, presence=presence, sought=fold(name), **more)  # type: ignore[arg-type]


def crowd(number: int) -> tuple[Person, ...]:
    """That many people, sorted as the controller sorts them."""
    states = tuple(Presence)
    rows = [person(f"pessoa.{i:04}", states[i % len(states)]) for i in range(number)]
    return tuple(sorted(rows, key=lambda row: row.order))


def _people() -> tuple[Person, ...]:
    rows = [person(name, presence, favourite=name in _FAVOURITES, key=KEY) for name, presence in _NAMES]
    return tuple(sorted(rows, key=lambda row: row.order))


ONLINE = ConnectionView(
    link=Link.ONLINE,
    address="sala://conversa.exemplo.org:5000",
    share_link="sala://conversa.exemplo.org:5000/#k3x7q2mz5rtaw4hde6ycn2pl7ubvs3ofa4gjt5xiz2qer7wkm3ha",
    name="marta",
    online_since=NOW - 600,
    connected_people=11,
)
HISTORY = (
    HistoryEntry(9, HistoryKind.MISSED, "joão", NOW - 1500, EndCause.MISSED, seen=False),
    HistoryEntry(8, HistoryKind.MADE, "ana.lúcia", NOW - 4000, EndCause.HUNG_UP_HERE, 754, 3),
    HistoryEntry(7, HistoryKind.MADE, "antônio", NOW - 9000, EndCause.BUSY),
    HistoryEntry(
        6,
        HistoryKind.RECEIVED,
        "maria.aparecida.dos.santos.silva",
        NOW - 90000,
        EndCause.HUNG_UP_THERE,
        65,
        2,
    ),
    HistoryEntry(5, HistoryKind.MISSED_AWAY, "fátima", NOW - 180000, EndCause.MISSED),
    HistoryEntry(4, HistoryKind.RECEIVED, "ana.lúcia", NOW - 260000, EndCause.CONNECTION_LOST, 3725, 1),
    HistoryEntry(3, HistoryKind.MADE, "zuleica", NOW - 300000, EndCause.ABSENT),
)
MESSAGES = (
    LogLine(
        1, NOW - 60, False, "OLA", "OLA 0 versao=1 recursos= servidor=sala limites=linha:4096,pendente:65536"
    ),
    LogLine(
        2, NOW - 59, True, "PEDIDO-REGISTRO", "PEDIDO-REGISTRO 1 nome=marta chave=k3x7… sig=8f2c… versao=1"
    ),
    LogLine(
        3,
        NOW - 59,
        False,
        "REGISTRO-BEM-SUCEDIDO",
        "REGISTRO-BEM-SUCEDIDO 1 nome=marta rev=1790000000001 vida=45",
    ),
    LogLine(4, NOW - 58, True, "PEDIDO-TABELA", "PEDIDO-TABELA 2"),
    LogLine(5, NOW - 58, False, "TABELA-INICIO", "TABELA-INICIO 2 rev=1790000000001 total=12"),
    LogLine(
        6,
        NOW - 12,
        False,
        "CONVITE",
        "CONVITE 0 chamada=9adf… de=joão compromisso=77b1… hora=1789999988 sig=a01c…",
    ),
    LogLine(7, NOW - 12, True, "TOCANDO", "TOCANDO 3 chamada=9adf…"),
    LogLine(
        8,
        NOW - 4,
        True,
        "CONVITE-REJEITADO",
        "CONVITE-REJEITADO 4 chamada=9adf… codigo=recusado motivo=Agora%20não",
    ),
)
DEVICES = (
    DeviceView("default", "Padrão do sistema", True),
    DeviceView("hw:0", "Áudio interno, estéreo analógico"),
    DeviceView("hw:1", "Fone USB Exemplo 300"),
)
ROOM = ViewState(
    connection=ONLINE,
    people=_people(),
    history=HISTORY,
    missed=1,
    contacts=tuple(Contact(name, favourite=True) for name in sorted(_FAVOURITES)),
    messages=MESSAGES,
    microphones=DEVICES,
    speakers=DEVICES,
    identity=IdentityView(
        fingerprint=KEY, words=("barco", "lua", "pedra", "sino", "vento", "mesa", "folha", "rio")
    ),
)
CALL = CallView(
    phase=CallPhase.TALKING,
    direction=Direction.OUTGOING,
    name="ana.lúcia",
    began=NOW - 140,
    talking_since=NOW - 125,
    words=("barco", "girafa", "violão"),
    figures=FiguresView(
        loss=0.012, loss_there=0.0, jitter_ms=8, round_trip_ms=42, buffer_ms=60, rate_in=33, rate_out=34
    ),
    path=PathView(Path.RELAY),
    encryption="AES_CM_128_HMAC_SHA1_80 · X25519 · Ed25519",
    key=KEY,
)
QUESTION = ServerQuestion(
    "conversa.exemplo.org:5000",
    KEY,
    ("barco", "lua", "pedra", "sino", "vento", "mesa", "folha", "rio"),
)


def calling(phase: CallPhase, **more: object) -> ViewState:
    """The room with a call in that phase."""
    return replace(ROOM, call=replace(CALL, phase=phase, **more))  # type: ignore[arg-type]


def ended(cause: EndCause, **more: object) -> ViewState:
    """The room with a call that ended so."""
    call = EndedCall(1, "ana.lúcia", Direction.OUTGOING, cause, "", NOW, 0, True)
    return replace(ROOM, ended=replace(call, **more))  # type: ignore[arg-type]


SETUP = SetupView(
    CheckView(CheckState.RUNNING, figure=-24.0),
    CheckView(CheckState.GOOD),
    CheckView(CheckState.DOUBTFUL, Remark.NO_UDP, 84.0),
)

STATES: dict[str, ViewState] = {
    "welcome": ViewState(),
    "welcome-trouble": ViewState(
        connection=ConnectionView(link=Link.STOPPED, name="marta", trouble=Trouble.NAME_TAKEN)
    ),
    "question": replace(ViewState(), connection=replace(ONLINE, link=Link.ASKING), question=QUESTION),
    "question-changed": replace(
        ViewState(),
        connection=replace(ONLINE, link=Link.ASKING),
        question=replace(QUESTION, former=OTHER_KEY),
    ),
    "check": replace(ROOM, setup=SETUP),
    "room": ROOM,
    "room-undisturbed": replace(ROOM, presence=Presence.DO_NOT_DISTURB, dnd_until=NOW + 1800),
    "room-empty": replace(ROOM, people=()),
    "room-crowd": replace(ROOM, people=crowd(5000)),
    "room-waiting": replace(
        ROOM, connection=replace(ONLINE, link=Link.WAITING, trouble=Trouble.UNREACHABLE, retry_at=NOW + 8)
    ),
    "room-problem": replace(
        ROOM,
        problems=(Problem(1, Trouble.FILE_SET_ASIDE, "historico.json.estragado-1", NOW),),
    ),
    "outgoing": calling(CallPhase.CALLING, words=(), talking_since=None),
    "outgoing-ringing": calling(CallPhase.RINGING, words=(), talking_since=None),
    "incoming": calling(
        CallPhase.INCOMING, words=(), talking_since=None, direction=Direction.INCOMING, name="joão"
    ),
    "securing": calling(CallPhase.SECURING, words=(), talking_since=None),
    "talking": calling(CallPhase.TALKING),
    "talking-verified": calling(CallPhase.TALKING, verified=True, path=PathView(Path.DIRECT, ("192.0.2.7",))),
    "talking-muted": calling(
        CallPhase.TALKING,
        muted=True,
        warnings=(Caution.MUTED_BUT_TALKING,),
        quality=QualityView(2, QualityCause.LOSS, Side.THEIRS),
        waiting_names=("césar.oliveira",),
    ),
    "talking-ptt": calling(CallPhase.TALKING, push_to_talk=True, pressed=True, verified=True),
    "talking-long": calling(
        CallPhase.TALKING,
        name="maria.aparecida.dos.santos.silva",
        push_to_talk=True,
        quality=QualityView(1, QualityCause.COMPUTER, Side.THEIRS),
        warnings=(Caution.DEVICE_LOST,),
        waiting_names=("maria.aparecida.dos.santos.silva",),
    ),
    "reconnecting": calling(
        CallPhase.RECONNECTING, quality=QualityView(0, QualityCause.SILENCE, Side.NOBODY)
    ),
    "ended": ended(EndCause.HUNG_UP_HERE, duration=754.0, path=Path.RELAY),
    "ended-busy": ended(EndCause.BUSY),
    "ended-refused": ended(EndCause.REFUSED, reason="Estou em reunião"),
    "ended-forged": ended(EndCause.FORGED, can_repeat=False),
    "alarm": replace(ROOM, alarms=(KeyAlarm("ana.lúcia", KEY, OTHER_KEY, NOW - 3, False),)),
    "history": ROOM,
    "history-empty": replace(ROOM, history=()),
    "contact": ROOM,
    "messages": ROOM,
    "messages-empty": replace(ROOM, messages=()),
    "settings": ROOM,
    "about": ROOM,
    "share": ROOM,
}
"""Name → state; what stands before the first `-` is the screen."""
