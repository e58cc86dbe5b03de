"""The person's own key: made at the first start, kept in a file, carried to another computer under a
passphrase.

The exported file is JSON: scrypt (RFC 7914) stretches the passphrase to a ChaCha20-Poly1305 key (RFC 8439)
that locks the 32 bytes of the Ed25519 seed; the header is authenticated with them.
"""

import base64
import json
import os
import unicodedata
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from kivy_client.session.files import BAD_CONTENT, set_aside, write_atomically
from kivy_client.session.fingerprints import key_words, readable_key

FILE = "identidade.chave"
SHORTEST_PASSPHRASE = 8

_SEED = 32
_FORMAT = "sala-identidade-v1"
_COST = {"n": 2**16, "r": 8, "p": 1}
_MOST_COST = {"n": 2**20, "r": 32, "p": 16}


class IdentityError(Exception):
    """The identity cannot be read."""


class BrokenIdentityError(IdentityError):
    """The file that holds this person's key is broken, or belongs to somebody else: `why` is the system's
    word, empty where the content is at fault.
    """

    def __init__(self, path: Path, why: str = "") -> None:
        super().__init__(path, why)
        self.path, self.why = path, why


class WrongPassphraseError(IdentityError):
    """The passphrase does not open the file, or the file was changed."""


class NotAnIdentityError(IdentityError):
    """The file holds no identity of this program."""


class Identity:
    """A person's long-term Ed25519 key."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self.signing_key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self.signing_key.public_key().public_bytes_raw()

    @classmethod
    def made(cls) -> "Identity":
        """Return a fresh one."""
        return cls(os.urandom(_SEED))

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the public key in groups of four."""
        return readable_key(self.public)

    @property
    def words(self) -> tuple[str, ...]:
        """The same, as eight words."""
        return key_words(self.public)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature."""
        return self.signing_key.sign(message)

    def save(self, path: Path) -> None:
        """Write the file of the state directory; raises OSError."""
        write_atomically(path, base64.b64encode(self._seed) + b"\n")

    def locked(self, passphrase: str) -> bytes:
        """Return the content of an exported file. Takes a good part of a second, on purpose."""
        salt, nonce = os.urandom(16), os.urandom(12)
        header = _header(salt, nonce, _COST)
        box = ChaCha20Poly1305(_stretched(passphrase, salt, _COST)).encrypt(nonce, self._seed, _bound(header))
        return json.dumps({**header, "caixa": base64.b64encode(box).decode()}, indent=1).encode() + b"\n"

    @classmethod
    def unlocked(cls, content: bytes, passphrase: str) -> "Identity":
        """Read an exported file; raises NotAnIdentityError or WrongPassphraseError. As slow as `locked`."""
        header, box, cost = _opened(content)
        key = _stretched(passphrase, base64.b64decode(header["sal"]), cost)
        try:
            seed = ChaCha20Poly1305(key).decrypt(base64.b64decode(header["nonce"]), box, _bound(header))
        except InvalidTag as error:
            raise WrongPassphraseError from error
        return cls(seed)


def load_or_make(path: Path) -> Identity:
    """Return the identity of a state directory, making it at the first start; raises BrokenIdentityError."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        identity = Identity.made()
        identity.save(path)
        return identity
    except OSError as error:
        raise BrokenIdentityError(path, error.strerror or "?") from error
    try:
        seed = base64.b64decode(text.strip(), validate=True)
    except ValueError as error:
        raise BrokenIdentityError(path) from error
    if len(seed) != _SEED:
        raise BrokenIdentityError(path)
    return Identity(seed)


def make_anew(path: Path) -> tuple[Identity, Path]:
    """Set a broken file aside and return a fresh identity in its place, and where the old file is now. Raises
    OSError.
    """
    aside = set_aside(path)
    return load_or_make(path), aside


def replace(path: Path, identity: Identity) -> None:
    """Put another identity in place; the former file is kept beside it. Raises OSError."""
    if path.exists():
        set_aside(path, "anterior")
    identity.save(path)


def _header(salt: bytes, nonce: bytes, cost: dict[str, int]) -> dict[str, Any]:
    return {
        "formato": _FORMAT,
        "scrypt": cost,
        "sal": base64.b64encode(salt).decode(),
        "nonce": base64.b64encode(nonce).decode(),
    }


def _bound(header: dict[str, Any]) -> bytes:
    """Return the header in one spelling, to be authenticated with the box."""
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode()


def _stretched(passphrase: str, salt: bytes, cost: dict[str, int]) -> bytes:
    secret = unicodedata.normalize("NFC", passphrase).encode()
    return Scrypt(salt=salt, length=32, **cost).derive(secret)


def _opened(content: bytes) -> tuple[dict[str, Any], bytes, dict[str, int]]:
    """Take an exported file apart; a cost that would eat the memory is refused like any other junk."""
    try:
        header = json.loads(content)
        box = base64.b64decode(header.pop("caixa"), validate=True)
        cost = {name: int(header["scrypt"][name]) for name in _COST}
        right = header["formato"] == _FORMAT and len(base64.b64decode(header["nonce"], validate=True)) == 12
        right = right and len(base64.b64decode(header["sal"], validate=True)) >= 16 and len(box) == _SEED + 16
        right = right and all(1 <= cost[name] <= most for name, most in _MOST_COST.items())
        right = right and cost["n"] > 1 and cost["n"] & (cost["n"] - 1) == 0
    except BAD_CONTENT as error:
        raise NotAnIdentityError from error
    if not right:
        raise NotAnIdentityError
    return header, box, cost
