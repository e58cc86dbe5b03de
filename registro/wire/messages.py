"""One frozen class a verb: the vocabulary of protocol section 3.

Fields are the wire's keys, decoded: text `str`, numbers `int`, keys and signatures `bytes`, lists
`tuple[str, ...]`; an optional key that is absent is None. A handed-on class has `de`, which the registry
puts in.
"""

from __future__ import annotations

from dataclasses import dataclass

from registro.wire import errors
from registro.wire.message import Message as Message
from registro.wire.message import Way as Way
from registro.wire.message import of


@dataclass(frozen=True, slots=True)
class Ola(Message):
    """The registry's first line of every connection: its version, abilities and limits."""

    VERBO = "OLA"
    WRITER = Way.REGISTRY
    versao: int
    recursos: tuple[str, ...]
    servidor: str
    limites: tuple[str, ...]
    desafio: bytes | None = None


@dataclass(frozen=True, slots=True)
class PedidoRegistro(Message):
    """A client asks to be known by a name and proves that it holds the key.

    Damaged values have codes of their own here: a `chave`, `sig` or `prova` that is not its bytes is empty,
    a `versao` that is no number is -1.
    """

    VERBO = "PEDIDO-REGISTRO"
    WRITER = Way.CLIENT
    nome: str
    chave: bytes
    sig: bytes
    versao: int = 1
    recursos: tuple[str, ...] | None = None
    prova: bytes | None = None


@dataclass(frozen=True, slots=True)
class RegistroBemSucedido(Message):
    """The name is the client's; `rev` counts its own entry, `vida` is the silence that ends it all."""

    VERBO = "REGISTRO-BEM-SUCEDIDO"
    WRITER = Way.REGISTRY
    nome: str
    rev: int
    vida: int


@dataclass(frozen=True, slots=True)
class RegistroMalSucedido(Message):
    """The registration was refused; the connection stays open."""

    VERBO = "REGISTRO-MAL-SUCEDIDO"
    WRITER = Way.REGISTRY
    VALUES = of(codigo=errors.CODIGOS)
    codigo: str
    motivo: str
    espera: int | None = None


@dataclass(frozen=True, slots=True)
class PedidoConsulta(Message):
    """A client looks a name up."""

    VERBO = "PEDIDO-CONSULTA"
    WRITER = Way.CLIENT
    nome: str


@dataclass(frozen=True, slots=True)
class ConsultaBemSucedida(Message):
    """Somebody owns the name: its key and what it is doing."""

    VERBO = "CONSULTA-BEM-SUCEDIDA"
    WRITER = Way.REGISTRY
    VALUES = of(estado=errors.ESTADOS)
    nome: str
    chave: bytes
    estado: str
    ip: str | None = None
    porta: int | None = None


@dataclass(frozen=True, slots=True)
class ConsultaMalSucedida(Message):
    """Nobody owns the name."""

    VERBO = "CONSULTA-MAL-SUCEDIDA"
    WRITER = Way.REGISTRY
    VALUES = of(codigo=frozenset({errors.Codigo.NAO_ENCONTRADO}))
    nome: str
    codigo: str


@dataclass(frozen=True, slots=True)
class PedidoEncerramento(Message):
    """A client says good-bye."""

    VERBO = "PEDIDO-ENCERRAMENTO"
    WRITER = Way.CLIENT
    motivo: str | None = None


@dataclass(frozen=True, slots=True)
class Encerrado(Message):
    """The registry's last line of a connection."""

    VERBO = "ENCERRADO"
    WRITER = Way.REGISTRY
    VALUES = of(codigo=errors.ENCERRAMENTOS)
    codigo: str
    motivo: str


@dataclass(frozen=True, slots=True)
class PedidoTabela(Message):
    """A client asks for the table, or for what changed since a revision."""

    VERBO = "PEDIDO-TABELA"
    WRITER = Way.CLIENT
    desde: int | None = None
    prefixo: str | None = None
    limite: int | None = None


@dataclass(frozen=True, slots=True)
class TabelaInicio(Message):
    """A snapshot begins; `total` counts its names before `limite` cut it."""

    VERBO = "TABELA-INICIO"
    WRITER = Way.REGISTRY
    rev: int
    total: int


@dataclass(frozen=True, slots=True)
class TabelaLinha(Message):
    """One name of a snapshot."""

    VERBO = "TABELA-LINHA"
    WRITER = Way.REGISTRY
    VALUES = of(estado=errors.ESTADOS)
    nome: str
    chave: bytes
    estado: str


@dataclass(frozen=True, slots=True)
class TabelaFim(Message):
    """A snapshot, a list of changes or a batch ends; the table is now at `rev`."""

    VERBO = "TABELA-FIM"
    WRITER = Way.REGISTRY
    rev: int


@dataclass(frozen=True, slots=True)
class TabelaMudou(Message):
    """One change of the table; `chave` whenever the name was not in it before."""

    VERBO = "TABELA-MUDOU"
    WRITER = Way.REGISTRY
    VALUES = of(estado=errors.ESTADOS)
    rev: int
    nome: str
    estado: str
    chave: bytes | None = None


@dataclass(frozen=True, slots=True)
class Acompanhar(Message):
    """The names whose changes this client wants in a big table; replaces the earlier list."""

    VERBO = "ACOMPANHAR"
    WRITER = Way.CLIENT
    nomes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Estado(Message):
    """A client says what the table shall say of it outside calls."""

    VERBO = "ESTADO"
    WRITER = Way.CLIENT
    VALUES = of(estado=errors.ESTADOS_DO_CLIENTE)
    estado: str


@dataclass(frozen=True, slots=True)
class Convite(Message):
    """An invitation to a call: `para` as the caller writes it, `de` as the callee reads it."""

    VERBO = "CONVITE"
    WRITER = Way.BOTH
    CLIENT_MUST = frozenset({"para"})
    REGISTRY_MUST = frozenset({"de"})
    ORDER = ("chamada", "para", "de", "compromisso", "hora", "sig")
    chamada: bytes
    compromisso: bytes
    hora: int
    sig: bytes
    para: str | None = None
    de: str | None = None


@dataclass(frozen=True, slots=True)
class Tocando(Message):
    """The callee's program rings."""

    VERBO = "TOCANDO"
    WRITER = Way.BOTH
    REGISTRY_MUST = frozenset({"de"})
    chamada: bytes
    de: str | None = None


@dataclass(frozen=True, slots=True)
class ConviteAceito(Message):
    """The callee answers: its ephemeral key and its candidates."""

    VERBO = "CONVITE-ACEITO"
    WRITER = Way.BOTH
    REGISTRY_MUST = frozenset({"de"})
    chamada: bytes
    efemera: bytes
    candidatos: tuple[str, ...]
    sig: bytes
    de: str | None = None


@dataclass(frozen=True, slots=True)
class ConviteRejeitado(Message):
    """The callee, or the registry (then without `de`), refuses the invitation."""

    VERBO = "CONVITE-REJEITADO"
    WRITER = Way.BOTH
    VALUES = of(codigo=errors.RECUSAS)
    CLIENT_VALUES = of(codigo=errors.RECUSAS_DO_CLIENTE)
    chamada: bytes
    codigo: str
    motivo: str | None = None
    de: str | None = None


@dataclass(frozen=True, slots=True)
class Chave(Message):
    """The caller opens its commitment: its ephemeral key and its candidates."""

    VERBO = "CHAVE"
    WRITER = Way.BOTH
    REGISTRY_MUST = frozenset({"de"})
    chamada: bytes
    efemera: bytes
    candidatos: tuple[str, ...]
    sig: bytes
    de: str | None = None


@dataclass(frozen=True, slots=True)
class Ligacao(Message):
    """One side's own credentials for the relay."""

    VERBO = "LIGACAO"
    WRITER = Way.REGISTRY
    chamada: bytes
    usuario: str
    senha: str
    reles: tuple[str, ...]
    validade: int


@dataclass(frozen=True, slots=True)
class Caminhos(Message):
    """One side's candidates have changed."""

    VERBO = "CAMINHOS"
    WRITER = Way.BOTH
    REGISTRY_MUST = frozenset({"de"})
    chamada: bytes
    candidatos: tuple[str, ...]
    de: str | None = None


@dataclass(frozen=True, slots=True)
class EncerrarLigacao(Message):
    """One side, or the registry (then without `de`), ends the call."""

    VERBO = "ENCERRAR-LIGACAO"
    WRITER = Way.BOTH
    VALUES = of(codigo=errors.FINS)
    CLIENT_VALUES = of(codigo=errors.FINS_DO_CLIENTE)
    chamada: bytes
    codigo: str
    motivo: str | None = None
    de: str | None = None


@dataclass(frozen=True, slots=True)
class ConvitePerdido(Message):
    """Somebody called while this name was not connected; `hora` in Unix seconds by the registry's clock."""

    VERBO = "CONVITE-PERDIDO"
    WRITER = Way.REGISTRY
    de: str
    hora: int


@dataclass(frozen=True, slots=True)
class Vivo(Message):
    """A sign of life; the answer carries the same `t`."""

    VERBO = "VIVO"
    WRITER = Way.BOTH
    t: str


@dataclass(frozen=True, slots=True)
class VivoOk(Message):
    """The answer to VIVO."""

    VERBO = "VIVO-OK"
    WRITER = Way.BOTH
    t: str


@dataclass(frozen=True, slots=True)
class Aviso(Message):
    """The registry is about to stop; come back after `reconecte` seconds."""

    VERBO = "AVISO"
    WRITER = Way.REGISTRY
    VALUES = of(codigo=frozenset({"manutencao"}))
    codigo: str
    motivo: str
    reconecte: int


@dataclass(frozen=True, slots=True)
class Pacote(Message):
    """One voice packet inside the connection, where UDP does not pass."""

    VERBO = "PACOTE"
    WRITER = Way.BOTH
    REGISTRY_MUST = frozenset({"de"})
    chamada: bytes
    dado: bytes
    de: str | None = None


@dataclass(frozen=True, slots=True)
class Erro(Message):
    """A line was not obeyed, and why."""

    VERBO = "ERRO"
    WRITER = Way.REGISTRY
    VALUES = of(codigo=errors.CODIGOS)
    codigo: str
    verbo: str
    motivo: str
    espera: int | None = None


ALL: dict[str, type[Message]] = {
    cls.VERBO: cls
    for cls in (
        Ola,
        PedidoRegistro,
        RegistroBemSucedido,
        RegistroMalSucedido,
        PedidoConsulta,
        ConsultaBemSucedida,
        ConsultaMalSucedida,
        PedidoEncerramento,
        Encerrado,
        PedidoTabela,
        TabelaInicio,
        TabelaLinha,
        TabelaFim,
        TabelaMudou,
        Acompanhar,
        Estado,
        Convite,
        Tocando,
        ConviteAceito,
        ConviteRejeitado,
        Chave,
        Ligacao,
        Caminhos,
        EncerrarLigacao,
        ConvitePerdido,
        Vivo,
        VivoOk,
        Aviso,
        Pacote,
        Erro,
    )
}
"""Every message class by its verb."""
