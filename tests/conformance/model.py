"""A small model of section 3's calls: what every connected person must hear when somebody does something."""

from dataclasses import dataclass, field

Heard = tuple[str, str, dict[str, str]]
"""A name, the verb this person must get, and the keys it must carry."""

RINGING = {
    "a": {"ENCERRAR-LIGACAO"},
    "b": {"TOCANDO", "CONVITE-ACEITO", "CONVITE-REJEITADO"},
}
ACCEPTED = {
    "a": {"CHAVE", "CAMINHOS", "PACOTE", "ENCERRAR-LIGACAO"},
    "b": {"CAMINHOS", "PACOTE", "ENCERRAR-LIGACAO"},
}
ENDINGS = {"CONVITE-REJEITADO", "ENCERRAR-LIGACAO"}


@dataclass
class Person:
    """Somebody who owns a name."""

    connected: bool = True
    estado: str = "livre"
    missed: list[str] = field(default_factory=list)


@dataclass
class Talk:
    """A call that lives."""

    caller: str
    callee: str
    accepted: bool = False
    key_sent: bool = False

    def side(self, name: str) -> str:
        """Return "a" for the caller, "b" for the callee, "" for a stranger."""
        return {self.caller: "a", self.callee: "b"}.get(name, "")

    def other(self, name: str) -> str:
        """Return the other one."""
        return self.callee if name == self.caller else self.caller


class Model:
    """The registry as the page describes it, without time."""

    def __init__(self, names: list[str]) -> None:
        self.people = {name: Person() for name in names}
        self.calls: dict[str, Talk] = {}

    def state(self, name: str) -> str:
        """Return what a look-up must say."""
        if not self.people[name].connected:
            return "fora"
        return "ocupado" if self.call_of(name) else self.people[name].estado

    def call_of(self, name: str) -> str | None:
        """Return the chamada of the call somebody is in."""
        return next((chamada for chamada, call in self.calls.items() if call.side(name)), None)

    def invite(self, name: str, target: str, chamada: str) -> list[Heard]:
        """Somebody sends CONVITE."""
        if chamada in self.calls:
            return [(name, "ERRO", {"codigo": "fora-de-ordem", "verbo": "CONVITE"})]
        codigo = self._refusal(name, target)
        if codigo:
            return [(name, "CONVITE-REJEITADO", {"codigo": codigo, "chamada": chamada})]
        self.calls[chamada] = Talk(name, target)
        return [
            (target, "CONVITE", {"de": name, "chamada": chamada}),
            (target, "LIGACAO", {"chamada": chamada}),
            (name, "LIGACAO", {"chamada": chamada}),
        ]

    def _refusal(self, name: str, target: str) -> str:
        if target not in self.people:
            return "nao-encontrado"
        if target == name:
            return "ocupado"
        if not self.people[target].connected:
            self.people[target].missed.append(name)
            return "ausente"
        if any((c.caller, c.callee, c.accepted) == (target, name, False) for c in self.calls.values()):
            return "cruzada"
        if self.call_of(name) or self.call_of(target):
            return "ocupado"
        return "nao-perturbe" if self.people[target].estado == "nao-perturbe" else ""

    def line(self, name: str, verb: str, chamada: str) -> list[Heard]:
        """Somebody sends a line of a call."""
        call = self.calls.get(chamada)
        if call is None or not call.side(name):
            return [(name, "ERRO", {"codigo": "nao-encontrado", "verbo": verb})]
        allowed = (ACCEPTED if call.accepted else RINGING)[call.side(name)]
        if verb not in allowed or (verb == "CHAVE" and call.key_sent):
            return [(name, "ERRO", {"codigo": "fora-de-ordem", "verbo": verb})]
        call.accepted = call.accepted or verb == "CONVITE-ACEITO"
        call.key_sent = call.key_sent or verb == "CHAVE"
        if verb in ENDINGS:
            del self.calls[chamada]
        other = call.other(name)
        return [(other, verb, {"de": name, "chamada": chamada})] if self.people[other].connected else []

    def _ring_lost(self, name: str) -> list[Heard]:
        chamada = self.call_of(name)
        if chamada is None or self.calls[chamada].accepted:
            return []
        call = self.calls.pop(chamada)
        if call.caller == name:
            return [(call.callee, "ENCERRAR-LIGACAO", {"codigo": "cancelada", "chamada": chamada})]
        return [(call.caller, "CONVITE-REJEITADO", {"codigo": "nao-atende", "chamada": chamada})]

    def lose(self, name: str) -> list[Heard]:
        """Somebody's connection goes away."""
        self.people[name].connected = False
        return self._ring_lost(name)

    def replace(self, name: str) -> list[Heard]:
        """Somebody connects once more, while connected."""
        return self._ring_lost(name)

    def come_back(self, name: str) -> list[Heard]:
        """Somebody connects again; what was missed is told, the newest twenty, oldest first."""
        person = self.people[name]
        missed, person.missed, person.connected = person.missed[-20:], [], True
        return [(name, "CONVITE-PERDIDO", {"de": caller}) for caller in missed]
