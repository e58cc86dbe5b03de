"""The command line of `twistd salaregistro`: options, their checks, and the service they make."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from twisted.application.service import IService
from twisted.internet.interfaces import IReactorTime
from twisted.python import usage

from registro import config
from registro.admission import Bursts
from registro.config import Config, ConfigError
from registro.wire.limits import LINE, Limits

_LIMITS = Limits()
_BURSTS = Bursts()
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")

# Name, default, what it limits, least, most: the limits of the wire's OLA and those beside them.
LIMIT_OPTIONS = (
    ("pendente", _LIMITS.pendente, "bytes que podem esperar por um cliente que não lê", 32768, 2**30),
    ("lapso-tls", _LIMITS.lapso_tls, "segundos para terminar o aperto de mãos TLS", 1, 3600),
    ("lapso-registro", _LIMITS.lapso_registro, "segundos até que uma conexão se registre", 1, 3600),
    ("linhas", _LIMITS.linhas, "linhas por segundo de uma conexão", 1, 10**6),
    ("linhas-de-uma-vez", _BURSTS.linhas, "linhas de uma vez de uma conexão", 1, 10**6),
    ("convites", _LIMITS.convites, "convites por minuto de um nome", 1, 10**6),
    ("convites-de-uma-vez", _BURSTS.convites, "convites de uma vez de um nome", 1, 10**6),
    ("conexoes", _LIMITS.conexoes, "conexões de um endereço IPv4 ou /64 IPv6", 1, 10**6),
    ("sem-registro", _BURSTS.espera, "conexões ainda sem registro, ao todo", 1, 10**6),
    ("nomes", _LIMITS.nomes, "nomes novos por hora de um endereço IPv4 ou /64 IPv6", 1, 10**6),
    ("tabela", _LIMITS.tabela, "nomes conectados ao mesmo tempo", 1, 10**6),
)


class Options(usage.Options):
    """Serve a registry of Sala de Conversa, and the relay beside it."""

    synopsis = "[options]"
    longdesc = "O registro da Sala de Conversa: quem está, quem chama quem, e o relé das chamadas."
    optParameters = [  # noqa: RUF012 - Twisted's name and type
        ["porta", "p", "5000", "porta TCP e UDP; 0 procura uma livre e a diz"],
        ["interface", "i", "::", "endereço em que escuta; :: são todos, IPv4 também"],
        ["estado", "e", "", "pasta da chave, do certificado e dos dados; sem ela, a do sistema"],
        [
            "texto-simples",
            None,
            "",
            "porta extra sem TLS, só em endereço local: PORTA, ENDEREÇO:PORTA ou unix:CAMINHO",
        ],
        ["diario", None, "", "arquivo para as mensagens, que é trocado a cada 16 MiB"],
        ["drenar", None, "60", "segundos que as chamadas em curso têm para terminar no encerramento"],
        ["convite", None, "", "arquivo com o segredo sem o qual ninguém registra um nome novo"],
        ["nome-publico", None, "", "nome desta máquina para os clientes; sem ele, o endereço a que chegaram"],
        ["rele", None, "", "turn:MÁQUINA:PORTA de um relé em vez do embutido; vários com vírgulas"],
        ["segredo", None, "", "arquivo com o segredo que se divide com esse relé"],
        ["certificado", None, "", "arquivo PEM com o certificado de uma autoridade (e a cadeia)"],
        ["chave", None, "", "arquivo PEM com a chave desse certificado"],
        ["armazem", None, "sqlite", "redis://… (ou arquivo com o endereço): nomes comuns a vários registros"],
        ["painel", None, "tcp:5080:interface=127.0.0.1", "onde fica a página do operador; nao a desliga"],
        *([name, None, str(default), f"{text} [{default}]"] for name, default, text, _, _ in LIMIT_OPTIONS),
    ]
    optFlags = [  # noqa: RUF012 - Twisted's name and type
        ["silencioso", "s", "não mostra as mensagens nem a tabela"],
        ["revelar-enderecos", None, "diz o endereço e a porta de cada um em CONSULTA-BEM-SUCEDIDA"],
        ["limitar-loopback", None, "conta também as conexões desta própria máquina"],
        ["sem-escrita-direta", None, "escreve pela fila do Twisted"],
        ["eco", None, "mantém na sala o usuário eco, que devolve a voz de quem o chama"],
    ]

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """Read the command line; an option that does not exist is one sentence too."""
        parse: Callable[[Sequence[str] | None], None] = super().parseOptions
        try:
            parse(options)
        except usage.UsageError as error:
            config.give_up(f"{error} (veja --help)")

    def postOptions(self) -> None:
        """Check everything; a wrong value is one sentence and exit status 1."""
        try:
            self.config = read(self)
        except ConfigError as error:
            config.give_up(str(error))


def read(options: dict[str, Any]) -> Config:
    """Make a checked Config of the options; raise ConfigError for the first that is wrong."""
    limits = _limits(options)
    relay = tuple(map(config.relay_address, filter(None, options["rele"].split(","))))
    if bool(relay) != bool(options["segredo"]):
        raise ConfigError("--rele e --segredo vão juntos")
    if bool(options["certificado"]) != bool(options["chave"]):
        raise ConfigError("--certificado e --chave vão juntos")
    if options["nome-publico"] and not _HOST.fullmatch(options["nome-publico"]):
        raise ConfigError(f"--nome-publico não é um nome de máquina: {options['nome-publico']!r}")
    return Config(
        state=Path(options["estado"]) if options["estado"] else config.default_state(),
        port=config.whole("--porta", options["porta"], 0, 65535),
        interface=config.interface(options["interface"]),
        plain=_given(options, "texto-simples", config.plain_place),
        silent=bool(options["silencioso"]),
        diary=_given(options, "diario", Path),
        drain=float(config.whole("--drenar", options["drenar"], 0, 86400)),
        invitation=_given(options, "convite", lambda path: config.secret_file("--convite", path)),
        public_name=options["nome-publico"],
        reveal=bool(options["revelar-enderecos"]),
        limit_loopback=bool(options["limitar-loopback"]),
        relay=relay,
        relay_secret=_given(options, "segredo", lambda path: config.secret_file("--segredo", path)),
        certificate=_given(options, "certificado", Path),
        key=_given(options, "chave", Path),
        direct_write=not options["sem-escrita-direta"],
        echo=bool(options["eco"]),
        panel=config.panel_place(options["painel"]),
        store=config.store_url(options["armazem"]),
        limits=Limits(LINE, *(limits[f.name] for f in fields(Limits)[1:])),
        bursts=Bursts(limits["linhas_de_uma_vez"], limits["convites_de_uma_vez"], limits["sem_registro"]),
    )


def _limits(options: dict[str, Any]) -> dict[str, int]:
    return {
        name.replace("-", "_"): config.whole(f"--{name}", options[name], least, most)
        for name, _, _, least, most in LIMIT_OPTIONS
    }


def _given(options: dict[str, Any], name: str, read_one: Callable[[str], Any]) -> Any:
    return read_one(options[name]) if options[name] else None


def makeService(options: Options) -> IService:
    """Build the daemon on the global reactor, whose clock is made one that cannot jump."""
    from twisted.internet import reactor as found

    from registro.edge.monotonic import never_jump
    from registro.service import make_daemon

    reactor: Any = found
    never_jump(IReactorTime(reactor))
    return make_daemon(reactor, options.config)
