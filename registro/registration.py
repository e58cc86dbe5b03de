"""PEDIDO-REGISTRO from the line to the table: judged, claimed on disk if it is new, entered, answered."""

from __future__ import annotations

from twisted.python.failure import Failure

from registro.identity import Banned, Verdict
from registro.office import Office, Request
from registro.refusal import Refused
from registro.session import Session
from registro.storage.interface import MISSED_SECONDS, Missed
from registro.trouble import Trouble, What
from registro.wire.errors import Codigo, Encerramento
from registro.wire.limits import VIDA
from registro.wire.messages import (
    ConvitePerdido,
    PedidoRegistro,
    RegistroBemSucedido,
    RegistroMalSucedido,
)


def register(request: Request) -> None:
    """Serve PEDIDO-REGISTRO; the lines behind it wait until it is answered."""
    office, session, seq = request.office, request.session, request.seq
    session.life.asks_for_name()
    try:
        verdict = _judge(office, session, request.message)
    except Refused as refused:
        _turn_away(office, session, seq, refused)
    except Banned:
        session.close(Encerramento.BANIDO, "o operador não aceita este nome ou esta chave", seq)
        session.life.is_turned_away()
    else:
        if verdict.claims:
            office.identity.claim(verdict).addCallbacks(
                lambda owned: _claimed(office, session, seq, verdict, owned),
                lambda failure: _failed(office, session, seq, failure),
            )
        else:
            _admit(office, session, seq, verdict)


def _judge(office: Office, session: Session, asked: PedidoRegistro) -> Verdict:
    if office.draining:
        raise Refused(Codigo.ENCERRANDO)
    verdict = office.identity.judge(asked, session.link.binding(), session.link.local)
    admission = office.admission
    if verdict.nome not in office.sessions and len(office.directory) >= admission.limits.tabela:
        raise Refused(Codigo.CHEIO)
    if verdict.claims:
        wait = admission.new_name(session.link.who, office.clock.seconds())
        if wait is not None:
            raise Refused(Codigo.LIMITE, "nomes novos demais deste endereço", wait)
    return verdict


def _turn_away(office: Office, session: Session, seq: int, refused: Refused) -> None:
    office.counters.refused[refused.codigo] += 1
    session.answer(RegistroMalSucedido(refused.codigo, refused.motivo, refused.espera), seq)
    if refused.codigo is Codigo.LIMITE:
        session.link.transgressed()
    session.life.is_turned_away()


def _claimed(office: Office, session: Session, seq: int, verdict: Verdict, owned: bool) -> None:
    if not owned:
        _turn_away(office, session, seq, Refused(Codigo.NOME_EM_USO))
    elif office.draining:
        _turn_away(office, session, seq, Refused(Codigo.ENCERRANDO))
    else:
        _admit(office, session, seq, verdict)


def _failed(office: Office, session: Session, seq: int, failure: Failure) -> None:
    office.report(Trouble(What.CLAIM, porque=failure.getErrorMessage()))
    _turn_away(office, session, seq, Refused(Codigo.INTERNO))


def _admit(office: Office, session: Session, seq: int, verdict: Verdict) -> None:
    if not session.open:
        return
    session.nome = session.link.label = verdict.nome
    session.chave = verdict.chave
    rev = office.enter(session)
    office.counters.registrations += 1
    session.answer(RegistroBemSucedido(verdict.nome, rev, VIDA), seq)
    if verdict.nome in office.missed:
        office.missed.discard(verdict.nome)
        _tell_missed(office, session)
    else:
        session.life.is_admitted()


def _tell_missed(office: Office, session: Session) -> None:
    """Tell who called meanwhile, before anything else is served."""

    def tell(missed: list[Missed]) -> None:
        if session.open:
            for call in missed:
                session.answer(ConvitePerdido(call.de, call.hora))
        session.life.is_admitted()

    def failed(failure: Failure) -> None:
        office.report(Trouble(What.MISSED_UNREAD, porque=failure.getErrorMessage()))
        session.life.is_admitted()

    since = int(office.wall()) - MISSED_SECONDS
    office.store.take_missed(session.nome, since).addCallbacks(tell, failed)
