"""Encryption of a stream in chunks: AES-256-GCM with a key of its own for each file.

1. The head is a mark, the id of the key and a random salt; the file's key is HKDF of the key file
   and the salt, so that counting nonces never repeat under one key.
2. Each chunk is sealed with its number and whether it is the last one as its nonce, and the head
   as associated data: chunks cannot be exchanged, left out or cut off unnoticed.
"""

import base64
import binascii
import hashlib
import os
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.maintenance.backup.problems import DamagedBackupError, KeyFileError, WrongKeyError

MARK: Final = b"MENDSEAL1"
CHUNK: Final = 2**20
TAG: Final = 16
SALT: Final = 16
ID: Final = 8
HEAD: Final = len(MARK) + ID + SALT
KEY: Final = 32


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    secret: bytes

    @property
    def id(self) -> bytes:
        """Names the key and tells nothing about it."""
        return hashlib.sha256(b"mendline backup key" + self.secret).digest()[:ID]

    @classmethod
    def read(cls, path: Path) -> "Key":
        try:
            secret = base64.b64decode(path.read_bytes().strip(), validate=True)
        except OSError as error:
            raise KeyFileError(f"The key file {path} cannot be read: {error.strerror}.") from error
        except binascii.Error:
            secret = b""
        if len(secret) != KEY:
            raise KeyFileError(
                f"{path} is not a key file: it holds 32 bytes in base64, as `mendline backup key` "
                "writes them."
            )
        return cls(secret)


def new_key() -> str:
    """The content of a key file."""
    return base64.b64encode(os.urandom(KEY)).decode() + "\n"


def seal(chunks: Iterable[bytes], key: Key) -> Iterator[bytes]:
    salt = os.urandom(SALT)
    head = MARK + key.id + salt
    cipher = _cipher(key, salt)
    yield head
    number, held = 0, b""
    for piece in _of_size(chunks):
        if held:
            yield cipher.encrypt(_nonce(number, last=False), held, head)
            number += 1
        held = piece
    yield cipher.encrypt(_nonce(number, last=True), held, head)


def unseal(read: Callable[[int], bytes], key: Key | None) -> Iterator[bytes]:
    """`read` answers with as many bytes as asked for, fewer only at the end."""
    head = read(HEAD)
    if len(head) != HEAD or not head.startswith(MARK):
        raise DamagedBackupError("The encrypted part of the backup does not begin as it should.")
    if key is None:
        raise WrongKeyError("The backup is encrypted; give its key with --key-file.")
    if head[len(MARK) : len(MARK) + ID] != key.id:
        raise WrongKeyError("The backup was encrypted with another key than this one.")
    cipher = _cipher(key, head[-SALT:])
    number, piece = 0, read(CHUNK + TAG)
    while True:
        following = read(CHUNK + TAG)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), piece, head)
        except InvalidTag as error:
            raise DamagedBackupError(
                f"The backup was changed or cut off near byte {number * (CHUNK + TAG) + HEAD}."
            ) from error
        if not following:
            return
        number, piece = number + 1, following


def _of_size(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of one size; the last one may be shorter."""
    kept = bytearray()
    for chunk in chunks:
        kept += chunk
        while len(kept) >= CHUNK:
            yield bytes(kept[:CHUNK])
            del kept[:CHUNK]
    if kept:
        yield bytes(kept)


def _cipher(key: Key, salt: bytes) -> AESGCM:
    derive = HKDF(algorithm=SHA256(), length=KEY, salt=salt, info=b"mendline backup")
    return AESGCM(derive.derive(key.secret))


def _nonce(number: int, *, last: bool) -> bytes:
    return struct.pack(">xxxQ?", number, last)
