"""The codes that programs read: of refusals, closed connections and ended calls, and the states of a name."""

from __future__ import annotations

from enum import StrEnum


class Codigo(StrEnum):
    """Why a line or a registration was not obeyed (ERRO and REGISTRO-MAL-SUCEDIDO)."""

    SINTAXE = "sintaxe"
    DESCONHECIDO = "desconhecido"
    VERSAO = "versao"
    NOME_INVALIDO = "nome-invalido"
    NOME_EM_USO = "nome-em-uso"
    CHAVE_INVALIDA = "chave-invalida"
    ASSINATURA = "assinatura"
    CONVITE_EXIGIDO = "convite-exigido"
    NAO_REGISTRADO = "nao-registrado"
    NAO_ENCONTRADO = "nao-encontrado"
    LIMITE = "limite"
    CHEIO = "cheio"
    INTERNO = "interno"
    ENCERRANDO = "encerrando"
    FORA_DE_ORDEM = "fora-de-ordem"


class Encerramento(StrEnum):
    """Why the registry closes a connection (ENCERRADO)."""

    PEDIDO = "pedido"
    SESSAO_SUBSTITUIDA = "sessao-substituida"
    LENTO = "lento"
    BANIDO = "banido"
    ENCERRANDO = "encerrando"


class Recusa(StrEnum):
    """Why an invitation came to nothing (CONVITE-REJEITADO)."""

    RECUSADO = "recusado"
    OCUPADO = "ocupado"
    NAO_PERTURBE = "nao-perturbe"
    NAO_ATENDE = "nao-atende"
    CRUZADA = "cruzada"
    AUSENTE = "ausente"
    NAO_ENCONTRADO = "nao-encontrado"
    ENCERRANDO = "encerrando"


class Fim(StrEnum):
    """Why a call ended (ENCERRAR-LIGACAO)."""

    NORMAL = "normal"
    CANCELADA = "cancelada"
    NAO_ATENDE = "nao-atende"
    PERDIDA = "perdida"
    ENCERRANDO = "encerrando"


class Estado(StrEnum):
    """What the table says of a name."""

    LIVRE = "livre"
    OCUPADO = "ocupado"
    AUSENTE = "ausente"
    NAO_PERTURBE = "nao-perturbe"
    FORA = "fora"


ESTADOS = frozenset(Estado)
CODIGOS = frozenset(Codigo)
ENCERRAMENTOS = frozenset(Encerramento)
RECUSAS = frozenset(Recusa)
FINS = frozenset(Fim)

# What a client may say; the other values are the registry's own.
ESTADOS_DO_CLIENTE = frozenset({Estado.LIVRE, Estado.AUSENTE, Estado.NAO_PERTURBE})
RECUSAS_DO_CLIENTE = frozenset({Recusa.RECUSADO, Recusa.OCUPADO, Recusa.NAO_PERTURBE, Recusa.NAO_ATENDE})
FINS_DO_CLIENTE = frozenset({Fim.NORMAL, Fim.CANCELADA, Fim.PERDIDA})
