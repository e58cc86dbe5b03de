"""From the wire's codes to the causes that people see, one table for each place where a call can end."""

from kivy_client.session.vocabulary import EndCause
from registro.wire.errors import Codigo, Fim, Recusa
from voz.handshake import HandshakeError, WrongClockError

#: CONVITE-REJEITADO, as the caller reads it.
REFUSALS = {
    Recusa.RECUSADO: EndCause.REFUSED,
    Recusa.OCUPADO: EndCause.BUSY,
    Recusa.NAO_PERTURBE: EndCause.DO_NOT_DISTURB,
    Recusa.NAO_ATENDE: EndCause.NO_ANSWER,
    Recusa.AUSENTE: EndCause.ABSENT,
    Recusa.NAO_ENCONTRADO: EndCause.NOT_FOUND,
    Recusa.ENCERRANDO: EndCause.SERVER_CLOSING,
}

#: ENCERRAR-LIGACAO, as the one reads it whose program still rings.
ENDS_OF_RINGING = {
    Fim.CANCELADA: EndCause.CANCELLED,
    Fim.NORMAL: EndCause.CANCELLED,
    Fim.PERDIDA: EndCause.CANCELLED,
    Fim.NAO_ATENDE: EndCause.MISSED,
    Fim.ENCERRANDO: EndCause.SERVER_CLOSING,
}

#: ENCERRAR-LIGACAO after the call was accepted.
ENDS_OF_TALKING = {
    Fim.NORMAL: EndCause.HUNG_UP_THERE,
    Fim.CANCELADA: EndCause.HUNG_UP_THERE,
    Fim.PERDIDA: EndCause.CONNECTION_LOST,
    Fim.NAO_ATENDE: EndCause.CONNECTION_LOST,
    Fim.ENCERRANDO: EndCause.SERVER_CLOSING,
}

#: ERRO for a line that made or answered the call.
ERRORS = {
    Codigo.LIMITE: EndCause.LIMIT,
    Codigo.CHEIO: EndCause.LIMIT,
    Codigo.ENCERRANDO: EndCause.SERVER_CLOSING,
    Codigo.NAO_ENCONTRADO: EndCause.CANCELLED,
}


def cause_of(error: HandshakeError) -> EndCause:
    """Return what a failed key exchange is called on the screen."""
    return EndCause.CLOCK if isinstance(error, WrongClockError) else EndCause.FORGED
