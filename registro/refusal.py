"""What the registry says no with: raised anywhere below the edge, turned into a line at the edge alone."""

from __future__ import annotations

from registro.wire.errors import Codigo

MOTIVOS: dict[Codigo, str] = {
    Codigo.SINTAXE: "a linha não está escrita como o protocolo pede",
    Codigo.DESCONHECIDO: "verbo desconhecido",
    Codigo.VERSAO: "este registro fala a versão 1",
    Codigo.NOME_INVALIDO: "nome inválido: letras latinas, algarismos e . _ - no meio, até 32",
    Codigo.NOME_EM_USO: "este nome pertence a outra pessoa",
    Codigo.CHAVE_INVALIDA: "a chave não é uma chave pública Ed25519",
    Codigo.ASSINATURA: "a assinatura não confere com a chave e esta conexão",
    Codigo.CONVITE_EXIGIDO: "um nome novo precisa de um convite",
    Codigo.NAO_REGISTRADO: "registre-se primeiro",
    Codigo.NAO_ENCONTRADO: "esta chamada não existe ou não é sua",
    Codigo.LIMITE: "devagar: acima do limite",
    Codigo.CHEIO: "a tabela está cheia",
    Codigo.INTERNO: "o registro teve um problema; tente de novo",
    Codigo.ENCERRANDO: "o registro está encerrando",
    Codigo.FORA_DE_ORDEM: "esta mensagem não cabe agora",
}
"""One sentence for a person, for each code."""


class Refused(Exception):  # noqa: N818 - it is an answer, not a fault
    """A request that is not obeyed; `espera` in whole seconds."""

    def __init__(self, codigo: Codigo, motivo: str = "", espera: int | None = None) -> None:
        super().__init__(codigo)
        self.codigo, self.motivo, self.espera = codigo, motivo or MOTIVOS[codigo], espera
