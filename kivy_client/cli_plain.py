"""The commands that only ask or show: tabela, consultar, historico, dispositivos, identidade, confiar-em."""

import getpass
import sys
from datetime import datetime

from twisted.python.failure import Failure

from kivy_client.cli_script import Script
from kivy_client.cli_texts import CALL_ENDS, KINDS, PRESENCES, UNKNOWN_TROUBLE, End, Status
from kivy_client.session.calls.world import CallError
from kivy_client.session.controller import Controller
from kivy_client.session.fingerprints import key_words, readable_key
from kivy_client.session.results import Done, IdentityResult
from kivy_client.session.sounds import DeviceLists
from kivy_client.session.state import ViewState
from kivy_client.session.vocabulary import EndCause, IdentityTask, Presence
from registro.wire.messages import ConsultaBemSucedida


class TableScript(Script):
    """tabela"""

    def step(self, state: ViewState) -> None:
        """Print the table as soon as it is there."""
        if state.connection.connected_people == 0:
            return
        rows = [(person.name, person.presence) for person in state.people]
        rows = [row for row in rows if row[1] is not Presence.OFFLINE]
        rows = sorted([*rows, (state.connection.name, state.presence)])
        if self.options.json:
            self.console.data([{"nome": name, "estado": presence.value} for name, presence in rows])
        else:
            width = max(len(name) for name, _ in rows)
            for name, presence in rows:
                self.console.answer(f"{name:<{width}}  {PRESENCES[presence]}")
        self.done()


class LookUpScript(Script):
    """consultar NOME"""

    def ready(self) -> None:
        """Ask."""
        assert self.client is not None
        self.client.session.trust.look_up(self.options.alvo).addCallbacks(self._found, self._not_found)

    def _found(self, found: ConsultaBemSucedida) -> None:
        shown = {"nome": found.nome, "estado": found.estado, "chave": readable_key(found.chave)}
        shown["palavras"] = " ".join(key_words(found.chave))
        if found.ip is not None and found.porta is not None:
            shown["endereco"] = f"{found.ip} {found.porta}"
        if self.options.json:
            self.console.data(shown)
        else:
            shown["estado"] = PRESENCES[Presence(found.estado)]
            for key, value in shown.items():
                self.console.answer(f"{key:<9} {value}")
        self.done()

    def _not_found(self, failure: Failure) -> None:
        error = failure.value
        if isinstance(error, CallError):
            self.finish(CALL_ENDS[error.cause], self.options.alvo, error.reason)
        else:
            self.finish(UNKNOWN_TROUBLE, detail=str(error))


class TrustScript(Script):
    """confiar-em NOME: look the name up; if its key changed, accept the one the registry has now."""

    def ready(self) -> None:
        """Ask."""
        assert self.client is not None
        self.client.session.trust.look_up(self.options.alvo).addCallbacks(self._same, self._changed)

    def _same(self, found: ConsultaBemSucedida) -> None:
        self.console.answer(f"a chave de {found.nome} é a conhecida: {readable_key(found.chave)}")
        self.done()

    def _changed(self, failure: Failure) -> None:
        assert self.client is not None
        error = failure.value
        name = self.options.alvo
        if self.client.accept_key(name) is Done.DONE:
            key = self.client.session.trust.key(name) or b""
            self.console.answer(f"chave nova de {name} aceita: {readable_key(key)}")
            self.done()
        elif isinstance(error, CallError):
            self.finish(CALL_ENDS[error.cause], name, error.reason)
        else:
            self.finish(UNKNOWN_TROUBLE, detail=str(error))


class OfflineScript(Script):
    """A command that needs no server."""

    def start(self, client: Controller) -> None:
        """Do it at once."""
        self.client = client
        self.tell_problems(client.session.display.state.problems)
        self.run_offline(client)

    def run_offline(self, client: Controller) -> None:
        """What it does."""


class HistoryScript(OfflineScript):
    """historico"""

    def run_offline(self, client: Controller) -> None:
        """Print the calls at all registries, the newest first."""
        entries = client.session.history.everywhere()
        if self.options.json:
            self.console.data(
                [
                    {
                        "servidor": server,
                        "tipo": entry.kind.value,
                        "nome": entry.name,
                        "quando": entry.when,
                        "duracao_s": entry.duration,
                        "fim": entry.cause.value,
                    }
                    for server, entry in entries
                ]
            )
        else:
            for _, entry in entries:
                when = datetime.fromtimestamp(entry.when).strftime("%Y-%m-%d %H:%M")
                end = CALL_ENDS[entry.cause].sentence.format(name=entry.name, detail="").rstrip(": ")
                self.console.answer(f"{when}  {KINDS[entry.kind]:<14}  {entry.duration:4.0f} s  {end}")
        self.done()


class DevicesScript(OfflineScript):
    """dispositivos"""

    def run_offline(self, client: Controller) -> None:
        """Look for them."""
        client.session.outside.sounds.look().addCallbacks(self._found, self._failed)

    def _found(self, lists: DeviceLists) -> None:
        kinds = {"microfone": lists.microphones, "alto-falante": lists.speakers}
        if self.options.json:
            self.console.data({kind: [one.name for one in found] for kind, found in kinds.items()})
            self.done()
            return
        for kind, found in kinds.items():
            for one in found:
                self.console.answer(f"{kind:<13} {'*' if one.default else ' '} {one.name}")
            if not found:
                self.console.answer(f"{kind:<13}   nenhum")
        self.done()

    def _failed(self, failure: Failure) -> None:
        self.finish(CALL_ENDS[EndCause.SOUND_FAILED], detail=str(failure.value))


IDENTITY_ENDS = {
    IdentityTask.EXPORTED: End(Status.OK, "identidade gravada em {detail}"),
    IdentityTask.IMPORTED: End(Status.OK, "identidade de {detail} em uso"),
    IdentityTask.WRONG_PHRASE: End(Status.FAILED, "a senha não abre esse arquivo"),
    IdentityTask.NOT_AN_IDENTITY: End(Status.FAILED, "esse arquivo não contém uma identidade"),
    IdentityTask.FILE_EXISTS: End(Status.FAILED, "o arquivo {detail} já existe; escolha outro nome"),
    IdentityTask.FILE_FAILED: End(Status.FAILED, "o arquivo {detail} não pode ser lido ou escrito"),
}


class IdentityScript(OfflineScript):
    """identidade mostrar | exportar | importar"""

    def run_offline(self, client: Controller) -> None:
        """Show it, or start to carry it."""
        if self.options.acao == "mostrar":
            identity = client.session.registry.identity
            shown = {"chave": identity.fingerprint, "palavras": " ".join(identity.words)}
            if getattr(self.options, "json", False):
                self.console.data(shown)
            else:
                for key, value in shown.items():
                    self.console.answer(f"{key:<9} {value}")
            self.done()
            return
        work = {"exportar": client.export_identity, "importar": client.import_identity}[self.options.acao]
        result = work(str(self.options.arquivo), self._passphrase())
        if result is not IdentityResult.STARTED:
            self.finish(End(Status.USAGE, "a senha deve ter pelo menos 8 caracteres"))

    @staticmethod
    def _passphrase() -> str:
        if sys.stdin.isatty():
            return getpass.getpass("senha: ")
        return sys.stdin.readline().rstrip("\n")

    def show(self, state: ViewState) -> None:
        """End when it is done."""
        end = IDENTITY_ENDS.get(state.identity.task)
        if end is not None:
            self.finish(end, detail=state.identity.file)
