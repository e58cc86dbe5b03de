"""What a client may ask, one function a verb; `net` looks them up in the tables at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from registro.directory import Change
from registro.office import Office, Request
from registro.refusal import Refused
from registro.registration import register
from registro.session import Session
from registro.trouble import Trouble, What
from registro.wire import codec, messages
from registro.wire.errors import Codigo, Encerramento, Estado, Recusa
from registro.wire.fields import FieldError, NameError_, b64, canonical_name, canonical_prefix, escape

Handler = Callable[[Request], None]
_ECHO = 128
"""So many characters of what cannot be a name are said back."""

MANY = 16 * 1024
"""Answers longer than this are written as fast as the client reads."""


def canonical(nome: str) -> str:
    """Return the canonical name; the empty text, which nobody owns, for what cannot be a name."""
    try:
        return canonical_name(nome)
    except NameError_:
        return ""


def found(office: Office, nome: str) -> bytes | None:
    """Return what a look-up of a name answers after its seq; None if nobody owns it."""
    entry = office.directory.entries.get(nome)
    if entry is None:
        nome = canonical(nome)
        entry = office.directory.entries.get(nome)
    if entry is not None:
        return entry.tail
    owner = office.identity.owner(nome)
    return None if owner is None else f" nome={nome} chave={b64(owner)} estado={Estado.FORA}\n".encode()


def look_up(request: Request) -> None:
    """Serve PEDIDO-CONSULTA."""
    message = request.message
    tail = found(request.office, message.nome)
    if tail is not None:
        request.office.counters.found += 1
        request.session.link.write(b"CONSULTA-BEM-SUCEDIDA %d%b" % (request.seq, tail))
    else:
        request.office.counters.missing += 1
        nome = canonical(message.nome) or message.nome[:_ECHO]
        request.session.answer(messages.ConsultaMalSucedida(nome, Codigo.NAO_ENCONTRADO), request.seq)


def list_table(request: Request) -> None:
    """Serve PEDIDO-TABELA: what changed since a revision, or a snapshot."""
    message = request.message
    prefix = _prefix(message.prefixo or "")
    changes = None if message.desde is None else request.office.directory.since(message.desde)
    if changes is None:
        _send(request.session, snapshot(request.office, request.seq, prefix, message.limite))
    else:
        _send(request.session, _changes(request.office, request.seq, changes, prefix))


def _prefix(sent: str) -> str | None:
    try:
        return canonical_prefix(sent)
    except NameError_:
        return None


def snapshot(office: Office, seq: int, prefix: str | None = "", limit: int | None = None) -> bytes:
    """Return the lines of a snapshot; no name begins with the prefix None."""
    rows = [] if prefix is None else office.directory.snapshot(prefix)
    rev = office.directory.rev
    start = codec.render(messages.TabelaInicio(rev, len(rows)), seq)
    head = b"TABELA-LINHA %d" % seq
    lines = head.join([b"", *(entry.row for entry in rows[:limit])])
    return start + lines + codec.render(messages.TabelaFim(rev), seq)


def _changes(office: Office, seq: int, changes: list[Change], prefix: str | None) -> bytes:
    head = b"TABELA-MUDOU %d" % seq
    wanted = [change.tail for change in changes if prefix is not None and change.nome.startswith(prefix)]
    return head.join([b"", *wanted]) + codec.render(messages.TabelaFim(office.directory.rev), seq)


def _send(session: Session, lines: bytes) -> None:
    if len(lines) > MANY:
        session.link.stream(lines)
    else:
        session.link.write(lines, lines.count(b"\n"))


def watch(request: Request) -> None:
    """Serve ACOMPANHAR: remember the names, and tell what they are doing now."""
    message = request.message
    names = {canonical(nome) or nome[:_ECHO]: None for nome in message.nomes}
    request.office.presence.watch(request.session, names)
    _send(request.session, present(request.office, request.seq, names))


def present(office: Office, seq: int, names: Iterable[str]) -> bytes:
    """Return the present state of some names as TABELA-MUDOU lines."""
    head = f"TABELA-MUDOU {seq} rev={office.directory.rev}"
    lines = []
    for nome in names:
        entry = office.directory.look(nome)
        owner = entry.chave if entry is not None else office.identity.owner(nome)
        key = f" chave={b64(owner)}" if owner is not None else ""
        estado = entry.estado if entry is not None else Estado.FORA
        lines.append(f"{head} nome={escape(nome)} estado={estado}{key}\n")
    return "".join(lines).encode()


def set_state(request: Request) -> None:
    """Serve ESTADO; a call shows as ocupado, and what was said here shows again after it."""
    message = request.message
    request.session.estado = message.estado
    request.office.show(request.session.nome)


def alive(request: Request) -> None:
    """Serve VIVO."""
    message = request.message
    request.session.answer(messages.VivoOk(message.t), request.seq)


def ignore(request: Request) -> None:
    """Serve VIVO-OK: that it came was all."""


def say_goodbye(request: Request) -> None:
    """Serve PEDIDO-ENCERRAMENTO."""
    request.office.leave(request.session)
    request.session.close(Encerramento.PEDIDO, "até logo", request.seq)


def stranger_invites(request: Request) -> None:
    """Refuse a CONVITE before registration, in the order of the protocol's section 8."""
    message = request.message
    live = request.office.switchboard.is_live(message.chamada)
    raise Refused(Codigo.FORA_DE_ORDEM if live else Codigo.NAO_REGISTRADO)


def invite(request: Request) -> None:
    """Serve CONVITE: hand it on and give both sides their relay credentials, or say why not."""
    message = request.message
    if request.office.switchboard.is_live(message.chamada):
        raise Refused(Codigo.FORA_DE_ORDEM, "uma chamada com este número já existe")
    wait = request.office.admission.invite(
        request.session.link.who, request.session.nome, request.office.clock.seconds()
    )
    if wait is not None:
        raise Refused(Codigo.LIMITE, "convites demais", wait)
    callee = canonical(message.para)
    handed_on = _handed_on(request.line, request.session.nome)
    refusal = _refusal(request.office, request.session, callee)
    if refusal is not None:
        _refuse(request, callee, refusal)
        return
    call = request.office.switchboard.invite(message.chamada, request.session.nome, callee)
    call.to_callee(handed_on)
    now, chamada = request.office.wall(), b64(message.chamada)
    for nome, leg in ((request.session.nome, "a"), (callee, "b")):
        member = request.office.sessions.get(nome)
        if member is not None:
            member.link.write(request.office.relays.ligacao(chamada, leg, member.link.local_host, now))


def _handed_on(line: bytes, de: str) -> bytes:
    try:
        return codec.hand_on(line, de)
    except FieldError as error:
        raise Refused(Codigo.SINTAXE, str(error)) from None


def _refusal(office: Office, session: Session, callee: str) -> Recusa | None:
    """Return why there is no call, in the order of the protocol's section 8; None if there is one."""
    board = office.switchboard
    member = office.sessions.get(callee)
    checks: tuple[tuple[bool, Recusa], ...] = (
        (office.draining, Recusa.ENCERRANDO),
        (office.identity.owner(callee) is None, Recusa.NAO_ENCONTRADO),
        (callee == session.nome, Recusa.OCUPADO),
        (member is None, Recusa.AUSENTE),
        (board.is_crossed(session.nome, callee), Recusa.CRUZADA),
        (session.nome in board.by_name or callee in board.by_name, Recusa.OCUPADO),
        (member is not None and member.estado == Estado.NAO_PERTURBE, Recusa.NAO_PERTURBE),
    )
    return next((refusal for applies, refusal in checks if applies), None)


def _refuse(request: Request, callee: str, refusal: Recusa) -> None:
    office, session, message = request.office, request.session, request.message
    answer = messages.ConviteRejeitado(message.chamada, refusal)
    if refusal is not Recusa.AUSENTE:
        session.answer(answer, request.seq)
        return
    office.missed.add(callee)
    kept = office.store.keep_missed(callee, session.nome, int(office.wall()))
    # The refusal tells the caller that the callee will hear of it, so it waits for the disk.
    kept.addErrback(
        lambda failure: office.report(Trouble(What.MISSED_UNKEPT, porque=failure.getErrorMessage()))
    )
    kept.addCallback(lambda _: session.answer(answer, request.seq))


def talk(request: Request) -> None:
    """Serve every other line about a call."""
    request.office.switchboard.relay(request.session, request.message, request.line)


def out_of_order(_: Request) -> None:
    """Refuse what this connection has done already."""
    raise Refused(Codigo.FORA_DE_ORDEM)


STRANGER: dict[type[messages.Message], Handler] = {
    messages.PedidoRegistro: register,
    messages.Vivo: alive,
    messages.VivoOk: ignore,
    messages.PedidoEncerramento: say_goodbye,
    messages.Convite: stranger_invites,
}
"""What a connection may ask that is not registered; anything else is nao-registrado."""

REGISTERED: dict[type[messages.Message], Handler] = {
    messages.PedidoRegistro: out_of_order,
    messages.PedidoConsulta: look_up,
    messages.PedidoTabela: list_table,
    messages.Acompanhar: watch,
    messages.Estado: set_state,
    messages.Vivo: alive,
    messages.VivoOk: ignore,
    messages.PedidoEncerramento: say_goodbye,
    messages.Convite: invite,
    messages.Tocando: talk,
    messages.ConviteAceito: talk,
    messages.ConviteRejeitado: talk,
    messages.Chave: talk,
    messages.Caminhos: talk,
    messages.Pacote: talk,
    messages.EncerrarLigacao: talk,
}
"""What a registered connection may ask."""
