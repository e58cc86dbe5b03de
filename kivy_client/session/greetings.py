"""What the registry says about the connection itself, and what that means: one table by message class."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kivy_client.session.vocabulary import Link, Trouble
from registro.wire.errors import Codigo, Encerramento
from registro.wire.messages import (
    Aviso,
    Encerrado,
    Erro,
    Message,
    Ola,
    RegistroBemSucedido,
    RegistroMalSucedido,
    Vivo,
    VivoOk,
)

if TYPE_CHECKING:
    from kivy_client.session.registry_client import RegistryClient

#: Refusals of a registration that only the person can do something about.
FOR_THE_PERSON = {
    Codigo.NOME_EM_USO: Trouble.NAME_TAKEN,
    Codigo.NOME_INVALIDO: Trouble.NAME_INVALID,
    Codigo.CONVITE_EXIGIDO: Trouble.INVITATION_NEEDED,
    Codigo.VERSAO: Trouble.VERSION,
}
#: Refusals that time heals, with the seconds to wait where the registry names none.
FOR_LATER = {
    Codigo.LIMITE: (Trouble.LIMIT, 10.0),
    Codigo.CHEIO: (Trouble.FULL, 30.0),
    Codigo.ENCERRANDO: (Trouble.CLOSING, 5.0),
    Codigo.INTERNO: (Trouble.REFUSED, 10.0),
}
#: Ends of a connection that are not mended by another one.
FINAL_ENDS = {
    Encerramento.SESSAO_SUBSTITUIDA: Trouble.REPLACED,
    Encerramento.BANIDO: Trouble.BANNED,
}
LONGEST_WAIT = 3600.0


def _ola(client: "RegistryClient", message: Ola) -> None:
    if client.view.link is Link.REGISTERING:
        client.register(message)


def _welcome(client: "RegistryClient", message: RegistroBemSucedido) -> None:
    if client.view.link is Link.REGISTERING:
        client.welcomed(message)


def refused(client: "RegistryClient", message: RegistroMalSucedido | Erro) -> None:
    """The registration failed, for good or for now."""
    codigo = Codigo(message.codigo)
    if codigo in FOR_LATER:
        trouble, wait = FOR_LATER[codigo]
        asked = float(message.espera) if message.espera is not None else wait
        client.machine.lost(trouble, message.motivo, min(LONGEST_WAIT, asked))
    else:
        client.machine.stopped_by(FOR_THE_PERSON.get(codigo, Trouble.REFUSED), message.motivo)


def _ended(client: "RegistryClient", message: Encerrado) -> None:
    trouble = FINAL_ENDS.get(Encerramento(message.codigo))
    if trouble is not None:
        client.machine.stopped_by(trouble, message.motivo)
    elif message.codigo == Encerramento.ENCERRANDO:
        client.lost(Trouble.CLOSING, message.motivo)


def _notice(client: "RegistryClient", message: Aviso) -> None:
    """The registry will be closed: stay as long as it lets us, and let others tell the person."""
    client.come_back = min(LONGEST_WAIT, float(message.reconecte))
    client.tell(message)


def _alive(client: "RegistryClient", message: Vivo) -> None:
    """A sign of life that wants an answer."""
    client.line.say(VivoOk(message.t))


def _nothing(client: "RegistryClient", message: VivoOk) -> None:
    """An answer to our own sign of life: that it came was all."""


GREETINGS: dict[type[Message], Callable[["RegistryClient", Any], None]] = {
    Ola: _ola,
    RegistroBemSucedido: _welcome,
    RegistroMalSucedido: refused,
    Encerrado: _ended,
    Aviso: _notice,
    Vivo: _alive,
    VivoOk: _nothing,
}
