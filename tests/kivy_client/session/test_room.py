"""The room: rows in their order, what the person keeps, whom the client follows."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from kivy_client.session.people import People
from kivy_client.session.results import Done
from kivy_client.session.search import fold, search
from kivy_client.session.state import Person
from kivy_client.session.vocabulary import NoticeKind, Presence
from registro.wire.messages import (
    Acompanhar,
    PedidoTabela,
    TabelaFim,
    TabelaInicio,
    TabelaLinha,
    TabelaMudou,
)
from tests.support.client_world import ClientWorld, public_of


def row(name: str, favourite: bool = False) -> Person:
    """Return a row."""
    return Person(name, Presence.FREE, favourite=favourite, sought=fold(name))


class SearchTests(SynchronousTestCase):
    """Finding a name as one types."""

    def test_accents_and_case(self) -> None:
        """Neither accents nor case matter."""
        people = [row("joão"), row("joana"), row("zé")]
        self.assertEqual(["joão", "joana"], [one.name for one in search(people, "JOA")])
        self.assertEqual(["zé"], [one.name for one in search(people, "ze")])
        self.assertEqual(people, list(search(people, "  ")))

    def test_the_beginning_comes_first(self) -> None:
        """Names that begin with the text come before those that hold it."""
        people = [row("mariana"), row("ana")]
        self.assertEqual(["ana", "mariana"], [one.name for one in search(people, "ana")])


class PeopleTests(SynchronousTestCase):
    """The sorted rows."""

    @given(
        st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from((None, False, True))), max_size=40)
    )
    @settings(max_examples=80, deadline=None)
    def test_always_in_order(self, changes: list[tuple[str, bool | None]]) -> None:
        """Rows made, changed and removed in any order are those there should be, in their order."""
        wanted: dict[str, Person] = {}
        people = People(wanted.get)
        for name, favourite in changes:
            if favourite is None:
                wanted.pop(name, None)
            else:
                wanted[name] = row(name, favourite)
            people.update([name])
        self.assertEqual(sorted(wanted.values(), key=lambda one: one.order), list(people.rows))

    def test_the_same_object(self) -> None:
        """Rows that did not change are the same object as before."""
        people = People(row)
        self.assertTrue(people.update(["a", "b"]))
        rows = people.rows
        self.assertFalse(people.update(["a"]))
        self.assertIs(rows, people.rows)


class RoomTests(SynchronousTestCase):
    """The room of a client."""

    def setUp(self) -> None:
        """«ana» is online, with others."""
        self.world = ClientWorld(Path(self.mktemp()), self.patch)
        self.world.online("ana", bia="livre", carla="ocupado")
        self.client = self.world.client

    def names(self) -> list[str]:
        """The rows on the screen."""
        return [person.name for person in self.world.state.people]

    def person(self, name: str) -> Person:
        """A row on the screen."""
        return next(person for person in self.world.state.people if person.name == name)

    def push(self, rev: int, name: str, estado: str) -> None:
        """The registry tells a change."""
        self.world.say(TabelaMudou(rev, name, estado, public_of(name)))

    def test_who_is_there(self) -> None:
        """Everybody but oneself, live."""
        self.assertEqual(["bia", "carla"], self.names())
        self.push(11, "duda", "livre")
        self.push(12, "bia", "fora")
        self.assertEqual(["carla", "duda"], self.names())
        self.assertEqual(3, self.world.state.connection.connected_people)

    def test_favourites(self) -> None:
        """Favourites come first, stay when they are not connected, and are remembered."""
        self.assertEqual(Done.DONE, self.client.favourite("carla", True))
        self.world.turn()
        self.assertEqual(["carla", "bia"], self.names())
        self.push(11, "carla", "fora")
        self.assertEqual(Presence.OFFLINE, self.person("carla").presence)
        self.world.start()
        self.world.online("ana", bia="livre")
        self.assertEqual(["carla", "bia"], self.names())
        self.assertEqual(Done.DONE, self.world.client.forget("carla"))
        self.world.turn()
        self.assertEqual(["bia"], self.names())
        self.assertEqual(Done.NOTHING, self.world.client.forget("carla"))

    def test_when_free(self) -> None:
        """«Avisar quando livre» says it once, at once if it is so already."""
        self.client.notify_when_free("carla", True)
        self.world.turn()
        self.assertTrue(self.person("carla").waiting)
        self.assertEqual([], self.world.face.notices)
        self.push(11, "carla", "livre")
        self.assertEqual([(NoticeKind.FREE_NOW, "carla")], self.notices())
        self.assertFalse(self.person("carla").waiting)
        self.push(12, "carla", "ocupado")
        self.push(13, "carla", "livre")
        self.assertEqual(1, len(self.notices()))
        self.client.notify_when_free("bia", True)
        self.assertEqual((NoticeKind.FREE_NOW, "bia"), self.notices()[-1])

    def notices(self) -> list[tuple[NoticeKind, str]]:
        """What was said once."""
        return [(notice.kind, notice.name) for notice in self.world.face.notices]

    def test_offline(self) -> None:
        """Without a connection nobody is seen to be there, save those the person keeps; it all comes back."""
        self.client.favourite("bia", True)
        self.world.registry.drop()
        self.world.turn()
        self.assertEqual([("bia", Presence.OFFLINE)], [(p.name, p.presence) for p in self.world.state.people])
        self.world.wait(3)
        self.world.welcome(rev=11)
        _, seq = self.world.heard_with_seq(PedidoTabela)
        self.world.say(TabelaFim(rev=11), seq)
        self.assertEqual(["bia", "carla"], self.names())

    def test_nonsense(self) -> None:
        """A name that cannot be one changes nothing."""
        self.assertEqual(Done.NOTHING, self.client.favourite("a b", True))
        self.assertEqual(Done.NOTHING, self.client.block("", True))
        self.assertEqual((), self.world.state.contacts)

    def large(self) -> None:
        """Make the registry a large one."""
        self.world.registry.say(TabelaInicio(rev=20, total=900))
        for name in ("ana", "bia"):
            self.world.registry.say(TabelaLinha(nome=name, chave=public_of(name), estado="livre"))
        self.world.say(TabelaFim(rev=20))

    def test_following(self) -> None:
        """In a large registry favourites and the rows on the screen are followed, not at every step of a
        scroll.
        """
        self.client.favourite("zeca", True)
        self.world.turn()
        self.assertEqual(0, self.world.count(Acompanhar))
        self.large()
        self.client.look_at(["bia"])
        self.client.look_at(["bia", "duda"])
        self.world.wait(0.5, step=0.1)
        self.assertEqual(("zeca", "bia", "duda"), self.world.heard(Acompanhar).nomes)
        self.client.look_at(["bia", "duda"])
        self.world.wait(0.5, step=0.1)
        self.assertEqual(1, self.world.count(Acompanhar))
        self.assertFalse(self.world.state.connection.everybody)

    def test_following_fits_a_line(self) -> None:
        """However many rows there are, the line that follows them can be sent."""
        self.large()
        self.client.look_at([f"nome-comprido-de-alguem-{number}" for number in range(500)])
        self.world.wait(0.5, step=0.1)
        self.assertGreater(len(self.world.heard(Acompanhar).nomes), 100)

    def test_searching_a_large_registry(self) -> None:
        """What is typed is asked for where not everybody is known; nonsense is not."""
        before = self.world.count(PedidoTabela)
        self.client.search("du")
        self.world.turn()
        self.assertEqual(before, self.world.count(PedidoTabela))
        self.large()
        self.client.search("Du")
        self.client.search("?!")
        self.world.turn()
        self.assertEqual("du", self.world.heard(PedidoTabela).prefixo)
        self.assertEqual(before + 1, self.world.count(PedidoTabela))
