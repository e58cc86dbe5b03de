"""What goes wrong inside, as sentences for the log, which the operator's page can say in its own language."""

from __future__ import annotations

from enum import StrEnum


class What(StrEnum):
    """What went wrong."""

    CLAIM = "nome-nao-guardado"
    MISSED_UNREAD = "perdidas-nao-lidas"
    MISSED_UNKEPT = "perdida-nao-guardada"
    STORE = "dados"
    RELAY = "rele"
    RELAY_ENDED = "rele-terminou"
    ECHO_ENDED = "eco-terminou"


SENTENCES = {
    What.CLAIM: "o nome não pôde ser guardado: {porque}",
    What.MISSED_UNREAD: "as chamadas perdidas não puderam ser lidas: {porque}",
    What.MISSED_UNKEPT: "uma chamada perdida não pôde ser guardada: {porque}",
    What.STORE: "os dados não puderam ser lidos ou escritos: {porque}",
    What.RELAY: "relé: {porque}",
    What.RELAY_ENDED: "o relé terminou ({porque}); de novo em {espera} s",
    What.ECHO_ENDED: "o eco terminou ({porque}); de novo em {espera} s",
}


class Trouble(str):
    """One sentence for the log; `what` and `values` are what it was made of."""

    __slots__ = ("values", "what")

    what: What
    values: dict[str, str]

    def __new__(cls, what: What, **values: str) -> Trouble:
        """Make the sentence."""
        made = super().__new__(cls, SENTENCES[what].format(**values))
        made.what, made.values = what, values
        return made
