"""What a line of the registry may look like: verbs, required and optional keys, value sets of section 3."""

from tests.conformance import wire

CODES = frozenset(
    [
        "sintaxe",
        "desconhecido",
        "versao",
        "nome-invalido",
        "nome-em-uso",
        "chave-invalida",
        "assinatura",
        "convite-exigido",
        "nao-registrado",
        "nao-encontrado",
        "limite",
        "cheio",
        "interno",
        "encerrando",
        "fora-de-ordem",
    ]
)
STATES = frozenset({"livre", "ocupado", "ausente", "nao-perturbe", "fora"})
REFUSALS = frozenset(
    [
        "recusado",
        "ocupado",
        "nao-perturbe",
        "nao-atende",
        "cruzada",
        "ausente",
        "nao-encontrado",
        "encerrando",
    ]
)

SETS: dict[tuple[str, str], frozenset[str]] = {
    ("OLA", "versao"): frozenset({"1"}),
    ("REGISTRO-BEM-SUCEDIDO", "vida"): frozenset({"45"}),
    ("REGISTRO-MAL-SUCEDIDO", "codigo"): CODES,
    ("CONSULTA-BEM-SUCEDIDA", "estado"): STATES,
    ("CONSULTA-MAL-SUCEDIDA", "codigo"): frozenset({"nao-encontrado"}),
    ("ENCERRADO", "codigo"): frozenset({"pedido", "sessao-substituida", "lento", "banido", "encerrando"}),
    ("TABELA-LINHA", "estado"): STATES - {"fora"},
    ("TABELA-MUDOU", "estado"): STATES,
    ("CONVITE-REJEITADO", "codigo"): REFUSALS,
    ("ENCERRAR-LIGACAO", "codigo"): frozenset({"normal", "cancelada", "nao-atende", "perdida", "encerrando"}),
    ("AVISO", "codigo"): frozenset({"manutencao"}),
    ("ERRO", "codigo"): CODES,
}

TABLE: dict[str, tuple[str, str]] = {
    "OLA": ("versao recursos servidor limites", "desafio"),
    "REGISTRO-BEM-SUCEDIDO": ("nome rev vida", ""),
    "REGISTRO-MAL-SUCEDIDO": ("codigo motivo", "espera"),
    "CONSULTA-BEM-SUCEDIDA": ("nome chave estado", "ip porta"),
    "CONSULTA-MAL-SUCEDIDA": ("nome codigo", ""),
    "ENCERRADO": ("codigo motivo", ""),
    "TABELA-INICIO": ("rev total", ""),
    "TABELA-LINHA": ("nome chave estado", ""),
    "TABELA-FIM": ("rev", ""),
    "TABELA-MUDOU": ("rev nome estado", "chave"),
    "LIGACAO": ("chamada usuario senha reles validade", ""),
    "CONVITE-PERDIDO": ("de hora", ""),
    "VIVO": ("t", ""),
    "VIVO-OK": ("t", ""),
    "AVISO": ("codigo motivo reconecte", ""),
    "ERRO": ("codigo verbo motivo", "espera"),
}
"""Lines of the registry itself: required and optional keys."""

HANDED_ON = frozenset(
    [
        "CONVITE",
        "TOCANDO",
        "CONVITE-ACEITO",
        "CONVITE-REJEITADO",
        "CHAVE",
        "CAMINHOS",
        "ENCERRAR-LIGACAO",
        "PACOTE",
    ]
)
BY_THE_REGISTRY_TOO = frozenset({"CONVITE-REJEITADO", "ENCERRAR-LIGACAO"})
NUMBERS = frozenset({"rev", "total", "hora", "espera", "vida", "reconecte", "validade", "porta"})
OCTETS = {"chave": 32, "desafio": 32, "chamada": 16}


def _check_keys(line: wire.Line) -> None:
    if line.verb in HANDED_ON:
        required = set(wire.CLIENT[line.verb][0]) - {"para"}
        required |= {"de"} if line.verb not in BY_THE_REGISTRY_TOO else set()
        assert required <= line.keys.keys(), f"a key is missing in {line}"
        assert "para" not in line.keys, f"para was handed on in {line}"
        return
    assert line.verb in TABLE, f"a verb that no registry sends: {line}"
    need, may = (set(part.split()) for part in TABLE[line.verb])
    assert need <= line.keys.keys(), f"a key is missing in {line}"
    assert line.keys.keys() <= need | may, f"a key that the page does not name in {line}"


def check_line(data: bytes) -> wire.Line:
    """Read a line of the registry; anything the page does not allow is an AssertionError."""
    try:
        line = wire.parse(data)
    except wire.BadLineError as error:
        raise AssertionError(f"the registry broke the grammar: {error}: {data!r}") from error
    _check_keys(line)
    for key, value in line.keys.items():
        allowed = SETS.get((line.verb, key))
        assert allowed is None or value in allowed, f"{key}={value!r} is out of its set in {line}"
        if key in NUMBERS:
            line.number(key)
        if key in OCTETS:
            assert len(line.octets(key)) == OCTETS[key], f"{key} has a wrong length in {line}"
        if key == "motivo" and line.verb in {"ERRO", "REGISTRO-MAL-SUCEDIDO", "ENCERRADO", "AVISO"}:
            assert value, f"an empty motivo in {line}"
    return line
