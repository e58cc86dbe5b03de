"""The Redis store: names, missed calls, bans and invitations that several registries share.

Each change is one transaction or one script, which Redis does whole and alone, and leaves word in a stream:
the other nodes read there what they have not done themselves. How safe a change is on disk is Redis's own
affair: with `appendonly yes` and `appendfsync always` nothing is lost that was answered.
"""

from __future__ import annotations

import json
import secrets
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import redis
from twisted.internet.interfaces import IReactorFromThreads

from registro.storage.interface import (
    MISSED_PER_NAME,
    MISSED_SECONDS,
    Action,
    ActionKind,
    Ban,
    BanKind,
    Invitation,
    Missed,
    OwnedName,
    StorageError,
    Stored,
)
from registro.storage.threaded import ThreadedStore
from registro.wire.fields import b64, unb64

VERSION = 1
PATIENCE = 5.0
REMEMBERED = 100_000
"""Actions that are kept for nodes that look once a second."""

# Hashes: nome -> "hora chave", "tipo valor" -> JSON, ident -> JSON, ident -> uses. A sorted set of the names
# for their order. A set of the names with missed calls, and a list of "hora de" for each. The stream.
NAMES, ORDER, MISSED, CALLS = "sala:nomes", "sala:ordem", "sala:perdidas", "sala:perdidas:"
BANS, INVITATIONS, USED, NUMBER = "sala:banidos", "sala:convites", "sala:usos", "sala:numero"
CEILING, ACTIONS, SCHEMA = "sala:teto", "sala:feitos", "sala:versao"

_CLAIM = """
local owned = redis.call('HGET', KEYS[1], ARGV[1])
if owned then return string.sub(owned, string.find(owned, ' ') + 1) == ARGV[2] and 1 or 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3] .. ' ' .. ARGV[2])
redis.call('ZADD', KEYS[2], 0, ARGV[1])
if redis.call('HEXISTS', KEYS[3], ARGV[4]) == 1 then redis.call('HINCRBY', KEYS[4], ARGV[4], 1) end
redis.call('XADD', KEYS[5], 'MAXLEN', '~', ARGV[6], '*',
    'tipo', 'registrado', 'valor', ARGV[1], 'chave', ARGV[2], 'origem', ARGV[5])
return 1
"""
_RAISE = """
local ceiling = tonumber(redis.call('GET', KEYS[1]) or 0)
if tonumber(ARGV[1]) > ceiling then redis.call('SET', KEYS[1], ARGV[1]) end
"""


class RedisDatabase:
    """One connection to a Redis that several registries may share."""

    faults: tuple[type[Exception], ...] = (redis.RedisError, OSError, ValueError)
    together = 1
    """each change stands alone: one that fails says nothing about its neighbours"""

    def __init__(self, url: str) -> None:
        """Connect to `redis://`, `rediss://` or `unix://`; StorageError where nothing of ours answers."""
        self._origin = secrets.token_hex(8)
        try:
            self._redis = _client(url)
            self._redis.set(SCHEMA, VERSION, nx=True)
            version = int(self._redis.get(SCHEMA))
            newest = self._redis.xrevrange(ACTIONS, count=1)
        except self.faults as error:
            raise StorageError(f"Redis: {error}") from error
        if version > VERSION:
            raise StorageError(f"Redis: versão {version} dos dados, mais nova que este programa")
        self._last_action: str = newest[0][0] if newest else "0-0"
        self._claim, self._raise = self._redis.register_script(_CLAIM), self._redis.register_script(_RAISE)

    def transaction(self) -> AbstractContextManager[None]:
        """Nothing to begin or to end: each method is whole by itself."""
        return nullcontext()

    def load(self, now: int = 0) -> Stored:
        """Read what the registry keeps in memory."""
        owners = {nome: _owned(nome, kept).chave for nome, kept in self._redis.hgetall(NAMES).items()}
        missed = {nome for nome in self._redis.smembers(MISSED) if self._redis.exists(CALLS + nome)}
        return Stored(
            owners,
            tuple(self.bans()),
            tuple(self.invitations()),
            frozenset(missed),
            int(self._redis.get(CEILING) or 0),
        )

    def claim(self, nome: str, chave: bytes, hora: int, invitation: int | None) -> bool:
        """Own a free name; True too when the same key owned it before."""
        keys = [NAMES, ORDER, INVITATIONS, USED, ACTIONS]
        values = (nome, b64(chave), hora, invitation or 0, self._origin, REMEMBERED)
        return bool(self._claim(keys, values))

    def keep_missed(self, nome: str, de: str, hora: int) -> None:
        """Keep the newest 20 of a name; Redis forgets them by itself when they are too old."""
        with self._redis.pipeline() as whole:
            whole.rpush(CALLS + nome, f"{hora} {de}")
            whole.ltrim(CALLS + nome, -MISSED_PER_NAME, -1)
            whole.expire(CALLS + nome, MISSED_SECONDS)
            whole.sadd(MISSED, nome)
            self._did(whole, ActionKind.MISSED, nome)
            whole.execute()

    def take_missed(self, nome: str, since: int) -> list[Missed]:
        """Give and forget."""
        with self._redis.pipeline() as whole:
            whole.lrange(CALLS + nome, 0, -1)
            whole.delete(CALLS + nome)
            whole.srem(MISSED, nome)
            kept = [call.split(" ", 1) for call in whole.execute()[0]]
        return [Missed(de, int(hora)) for hora, de in kept if int(hora) >= since]

    def raise_ceiling(self, ceiling: int) -> None:
        """Remember the highest ceiling of the revisions that any node has had."""
        self._raise([CEILING], [ceiling])

    def actions(self) -> list[Action]:
        """Give what other connections did."""
        found = self._redis.xrange(ACTIONS, min=f"({self._last_action}")
        if found:
            self._last_action = found[-1][0]
        return [
            Action(ActionKind(did["tipo"]), did["valor"], unb64(did["chave"]))
            for _, did in found
            if did["origem"] != self._origin
        ]

    def _did(self, whole: Any, tipo: ActionKind, valor: str = "") -> None:
        """Leave word of what was done, for the other connections."""
        word = {"tipo": tipo.value, "valor": valor, "chave": "", "origem": self._origin}
        whole.xadd(ACTIONS, word, maxlen=REMEMBERED)

    def names(self, prefix: str, limit: int) -> list[OwnedName]:
        """List owned names."""
        begin = prefix.encode()
        least, most = (b"[" + begin, b"[" + begin + b"\xff") if begin else ("-", "+")
        found = self._redis.zrangebylex(ORDER, least, most, start=0, num=limit)
        kept = self._redis.hmget(NAMES, found) if found else []
        return [_owned(nome, value) for nome, value in zip(found, kept, strict=True) if value is not None]

    def free(self, nome: str, hora: int) -> bool:
        """Make a name claimable again."""
        with self._redis.pipeline() as whole:
            whole.hdel(NAMES, nome)
            whole.zrem(ORDER, nome)
            whole.delete(CALLS + nome)
            whole.srem(MISSED, nome)
            self._did(whole, ActionKind.FREED, nome)
            return bool(whole.execute()[0])

    def bans(self) -> list[Ban]:
        """List the bans."""
        bans = [_ban(what, json.loads(kept)) for what, kept in self._redis.hgetall(BANS).items()]
        return sorted(bans, key=lambda ban: (-ban.desde, ban.valor))

    def ban(self, ban: Ban) -> None:
        """Keep somebody out."""
        with self._redis.pipeline() as whole:
            whole.hset(BANS, f"{ban.tipo} {ban.valor}", json.dumps([ban.desde, ban.motivo]))
            self._did(whole, ActionKind.BANS)
            whole.execute()

    def lift(self, tipo: BanKind, valor: str, hora: int) -> bool:
        """Let somebody in again."""
        with self._redis.pipeline() as whole:
            whole.hdel(BANS, f"{tipo} {valor}")
            self._did(whole, ActionKind.BANS)
            return bool(whole.execute()[0])

    def invitations(self) -> list[Invitation]:
        """List the invitations."""
        kept, used = self._redis.hgetall(INVITATIONS), self._redis.hgetall(USED)
        return [
            _invitation(int(ident), json.loads(kept[ident]), int(used.get(ident, 0)))
            for ident in sorted(kept, key=int, reverse=True)
        ]

    def invite(self, segredo: str, nota: str, hora: int) -> int:
        """Keep an invitation."""
        ident = int(self._redis.incr(NUMBER))
        with self._redis.pipeline() as whole:
            whole.hset(INVITATIONS, str(ident), json.dumps([segredo, hora, nota]))
            self._did(whole, ActionKind.INVITATIONS)
            whole.execute()
        return ident

    def revoke(self, ident: int, hora: int) -> bool:
        """Forget an invitation."""
        with self._redis.pipeline() as whole:
            whole.hdel(INVITATIONS, str(ident))
            whole.hdel(USED, str(ident))
            self._did(whole, ActionKind.INVITATIONS)
            return bool(whole.execute()[0])

    def close(self) -> None:
        """Let go of the connection."""
        self._redis.close()


def _client(url: str) -> Any:
    return redis.Redis.from_url(
        url, decode_responses=True, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
    )


def _owned(nome: str, kept: str) -> OwnedName:
    hora, chave = kept.split(" ")
    return OwnedName(nome, unb64(chave), int(hora))


def _ban(what: str, kept: list[Any]) -> Ban:
    tipo, valor = what.split(" ", 1)
    return Ban(BanKind(tipo), valor, int(kept[0]), str(kept[1]))


def _invitation(ident: int, kept: list[Any], used: int) -> Invitation:
    segredo, desde, nota = kept
    return Invitation(ident, segredo, desde, nota, used)


class RedisStore(ThreadedStore):
    """A Store on a Redis that several registries may share."""

    def __init__(self, reactor: IReactorFromThreads, url: str) -> None:
        """Connect; StorageError where nothing of ours answers."""
        super().__init__(reactor, RedisDatabase(url))
