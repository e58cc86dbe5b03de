"""What can be typed in the command sala: one method a word, its docstring the line of the help."""

from collections.abc import Callable

from kivy_client.cli_texts import (
    CALL_RESULTS,
    KINDS,
    PATHS,
    PRESENCES,
    milliseconds,
    quality_words,
)
from kivy_client.session.controller import Controller
from kivy_client.session.results import CallResult, Done
from kivy_client.session.search import search
from kivy_client.session.state import ViewState
from registro.wire.fields import NameError_, canonical_name

MOST_ROWS = 50
LONGEST_MINUTES = 5
"""Digits."""
NAMED = frozenset({"favorito", "bloquear", "desbloquear", "avisar", "chave"})
"""Words after which a name must stand."""

Answer = str | None
"""What a typed command says at once; None when the state will say it."""


class Typed:
    """What typed commands stand on."""

    def __init__(self, client: Controller, quit_: Callable[[], None]) -> None:
        self._client, self._quit = client, quit_

    @property
    def _state(self) -> ViewState:
        return self._client.session.display.state


class RoomWords(Typed):
    """About names and oneself: each takes what stands after the word, and says what there is to say."""

    def quem(self, text: str) -> Answer:
        """quem [TEXTO]: quem está na sala, ou cujo nome contém TEXTO"""
        rows = search(self._state.people, text)
        shown = [f"{_mark(row.favourite)} {row.name}: {PRESENCES[row.presence]}" for row in rows[:MOST_ROWS]]
        if len(rows) > MOST_ROWS:
            shown.append(f"… e mais {len(rows) - MOST_ROWS}")
        return "\n".join(shown) or "ninguém"

    def sim(self, _: str) -> Answer:
        """sim: aceita o servidor novo"""
        return _said(self._client.trust_server(), "nada foi perguntado")

    def nao(self, _: str) -> Answer:
        """nao: não aceita o servidor novo"""
        return _said(self._client.refuse_server(), "nada foi perguntado")

    def livre(self, _: str) -> Answer:
        """livre: pode chamar"""
        return _said(self._client.be_free(), "já era assim", "livre")

    def ausente(self, _: str) -> Answer:
        """ausente: não está perto, mas toca"""
        return _said(self._client.be_away(), "já era assim", "ausente")

    def silencio(self, text: str) -> Answer:
        """silencio [MINUTOS]: ninguém perturba"""
        if text and not (text.isdecimal() and len(text) <= LONGEST_MINUTES):
            return "quantos minutos?"
        until = self._client.session.outside.wall() + 60.0 * int(text) if text else None
        return _said(self._client.do_not_disturb(until), "já era assim", "não perturbe")

    def favorito(self, text: str) -> Answer:
        """favorito NOME: fica no alto da lista; de novo, deixa de ficar"""
        on = not self._client.session.room.contact(text).favourite
        return _said(self._client.favourite(text, on), "já era assim", "favorito" if on else "comum")

    def bloquear(self, text: str) -> Answer:
        """bloquear NOME: recusa sem tocar"""
        return _said(self._client.block(text, True), "já era assim", "bloqueado")

    def desbloquear(self, text: str) -> Answer:
        """desbloquear NOME"""
        return _said(self._client.block(text, False), "já era assim", "desbloqueado")

    def avisar(self, text: str) -> Answer:
        """avisar NOME: avisa quando ficar livre"""
        return _said(self._client.notify_when_free(text, True), "já era assim", "avisarei")

    def chave(self, text: str) -> Answer:
        """chave NOME: aceita a chave nova de NOME, depois de conferida por outro meio"""
        return _said(self._client.accept_key(text), "não há chave nova desse nome", "chave nova aceita")

    def historico(self, _: str) -> Answer:
        """historico: as últimas chamadas"""
        self._client.history_seen()
        rows = [
            f"{KINDS[entry.kind]}: {entry.name}, {entry.duration:.0f} s"
            for entry in self._state.history[:MOST_ROWS]
        ]
        return "\n".join(rows) or "nenhuma chamada"


class CallWords(Typed):
    """About the call."""

    def ligar(self, text: str) -> Answer:
        """ligar NOME: chama"""
        result = self._client.call(text)
        return None if result is CallResult.STARTED else CALL_RESULTS[result].sentence.format(name=text)

    def atender(self, _: str) -> Answer:
        """atender: atende quem chama"""
        return _said(self._client.accept(), "ninguém está chamando")

    def recusar(self, text: str) -> Answer:
        """recusar [MOTIVO]: não atende"""
        return _said(self._client.refuse(text), "ninguém está chamando")

    def desligar(self, _: str) -> Answer:
        """desligar: encerra a chamada, ou desiste dela"""
        return _said(self._client.hang_up(), "não há chamada")

    def mudo(self, _: str) -> Answer:
        """mudo: cala o microfone"""
        return _said(self._client.mute(True), "não há chamada", "microfone calado")

    def falar(self, _: str) -> Answer:
        """falar: abre o microfone"""
        return _said(self._client.mute(False), "não há chamada", "microfone aberto")

    def volume(self, text: str) -> Answer:
        """volume DB: quanto mais alto se ouve o outro, de -20 a 20"""
        try:
            decibels = float(text.replace(",", "."))
        except ValueError:
            return "volume de -20 a 20"
        return _said(self._client.set_gain(decibels), "não há chamada", "feito")

    def conferido(self, _: str) -> Answer:
        """conferido: as três palavras são iguais dos dois lados"""
        return _said(self._client.confirm_words(True), "não há chamada", "guardado")

    def diferente(self, _: str) -> Answer:
        """diferente: as palavras não são iguais; a chamada termina"""
        return _said(self._client.confirm_words(False), "não há chamada")

    def como(self, _: str) -> Answer:
        """como: como vai a chamada"""
        call = self._state.call
        if call is None:
            return "não há chamada"
        figures = call.figures
        return (
            f"{call.name}; caminho {PATHS[call.path.path]}; palavras {' '.join(call.words) or '—'}; "
            f"perda {figures.loss:.0%}; atraso {milliseconds(figures.delay_ms)}; "
            f"{quality_words(call.quality, call.name)}; "
            f"o outro lado conhece de você {', '.join(call.path.revealed) or 'nenhum endereço'}"
        )


class Words(RoomWords, CallWords):
    """All of them."""

    def sair(self, _: str) -> Answer:
        """sair: encerra o programa"""
        self._quit()
        return None


def is_name(text: str) -> bool:
    """Say whether this may be somebody's name."""
    try:
        canonical_name(text.strip())
    except NameError_:
        return False
    return True


def _mark(on: bool) -> str:
    return "*" if on else " "


def _said(done: Done, otherwise: str, well: Answer = None) -> Answer:
    return well if done is Done.DONE else otherwise


COMMANDS = tuple(
    name for owner in (CallWords, RoomWords, Words) for name in vars(owner) if not name.startswith("_")
)
