"""The token's file and the sessions."""

from __future__ import annotations

import stat
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import TestCase

from registro.panel.access import MAX_SESSIONS, PANEL_FILE, SESSION_LIFETIME, Sessions, load_token, same


class TokenTests(TestCase):
    """The token is made once and read by its owner alone."""

    def setUp(self) -> None:
        """Begin with an empty state directory."""
        folder = Path(self.mktemp())
        folder.mkdir()
        self.file = folder / PANEL_FILE

    def test_first_start_makes_it(self) -> None:
        """The first start makes a token of at least 256 bits and says that it is new."""
        token = load_token(self.file)
        self.assertTrue(token.fresh)
        self.assertGreaterEqual(len(token.text), 43)

    def test_later_starts_keep_it(self) -> None:
        """A later start has the same token and does not call it new."""
        first = load_token(self.file)
        second = load_token(self.file)
        self.assertEqual((second.text, second.fresh), (first.text, False))

    def test_only_the_owner_reads_it(self) -> None:
        """The file's mode is 0600, also after somebody opened it to others."""
        load_token(self.file)
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
        self.file.chmod(0o644)
        load_token(self.file)
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)

    def test_a_broken_file_is_replaced(self) -> None:
        """An empty or cut file is no key: a new token is made."""
        self.file.write_text("curto\n")
        token = load_token(self.file)
        self.assertTrue(token.fresh)
        self.assertEqual(self.file.read_text().strip(), token.text)

    def test_two_states_two_tokens(self) -> None:
        """No two tokens are the same."""
        other = self.file.with_name("outro.token")
        self.assertNotEqual(load_token(self.file).text, load_token(other).text)


class SessionTests(TestCase):
    """A session is opened by the token and by nothing else, and it ends."""

    def setUp(self) -> None:
        """Begin with a known token and no session."""
        self.sessions = Sessions("a-chave-do-painel")

    def enter(self, now: float = 0.0) -> str:
        """Open a session."""
        cookie = self.sessions.enter("a-chave-do-painel", now)
        assert cookie is not None
        return cookie

    def test_the_token_opens(self) -> None:
        """The token gives a cookie that is not the token, and the cookie a session with its own mark."""
        cookie = self.enter()
        session = self.sessions.find(cookie, 1.0)
        assert session is not None
        self.assertNotIn(session.csrf, (cookie, "a-chave-do-painel"))
        self.assertNotEqual(cookie, "a-chave-do-painel")

    @given(st.text())
    def test_nothing_else_opens(self, text: str) -> None:
        """Whatever else is shown, whole Unicode included, opens nothing."""
        sessions = Sessions("a-chave-do-painel")
        if text != "a-chave-do-painel":
            self.assertIsNone(sessions.enter(text, 0.0))
        self.assertIsNone(sessions.find(text, 0.0))

    def test_it_ends_by_itself(self) -> None:
        """After its lifetime a session is none any more."""
        cookie = self.enter()
        self.assertIsNotNone(self.sessions.find(cookie, SESSION_LIFETIME - 1))
        self.assertIsNone(self.sessions.find(cookie, SESSION_LIFETIME))

    def test_leaving_ends_it(self) -> None:
        """Who leaves has no session, and others keep theirs."""
        mine, other = self.enter(), self.enter()
        self.sessions.leave(mine)
        self.assertIsNone(self.sessions.find(mine, 1.0))
        self.assertIsNotNone(self.sessions.find(other, 1.0))

    def test_they_are_bounded(self) -> None:
        """There are never more than the limit: the oldest makes room."""
        cookies = [self.enter() for _ in range(MAX_SESSIONS + 1)]
        self.assertIsNone(self.sessions.find(cookies[0], 1.0))
        self.assertTrue(all(self.sessions.find(cookie, 1.0) for cookie in cookies[1:]))

    def test_marks_differ(self) -> None:
        """Each session has its own mark."""
        marks = {session.csrf for _ in range(5) if (session := self.sessions.find(self.enter(), 0.0))}
        self.assertEqual(len(marks), 5)

    @given(st.text(), st.text())
    def test_same_is_equality(self, one: str, two: str) -> None:
        """The comparison in constant time says what == says (of what UTF-8 can spell)."""
        one, two = (text.encode("utf-8", "ignore").decode() for text in (one, two))
        self.assertEqual(same(one, two), one == two)
        self.assertTrue(same(one, one))
