"""A signed statement of what an erasure did. Nothing in it names a person, a row or a place in Kafka.

Signed with Ed25519 (RFC 8032) over the JSON text of everything but the signature, keys sorted, no spaces. Who trusts
the public key of a data folder can check a receipt years later: `redline erase --check-receipt FILE`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from redline import private_file
from schemas.errors import InputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KEY_FILE = "receipt-key"  # in the state folder, mode 0600
_OWNER_ONLY = 0o077
_READABLE = 0o644  # a receipt names nobody, and is given away
_BYTES = 32


def sign(state: Path, statement: Mapping[str, Any]) -> dict[str, Any]:
    """The statement with the public key and the signature. The key is made on first use.

    Raises:
        SettingsError: the key file is readable by others, or is none.
    """
    key = _key(state)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    said = {**statement, "public_key": public}
    return {**said, "signature": key.sign(_text(said)).hex()}


def check(receipt: Mapping[str, Any], state: Path | None = None) -> bool:
    """True if the signature fits the statement and, where a state folder is given, the key is that folder's own."""
    said = {name: value for name, value in receipt.items() if name != "signature"}
    try:
        public = bytes.fromhex(receipt["public_key"])
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(receipt["signature"]), _text(said))
    except (KeyError, TypeError, ValueError, InvalidSignature):
        return False
    return state is None or _key(state).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw) == public


def read(path: Path) -> dict[str, Any]:
    """A receipt from a file. Raises InputError if it is none."""
    try:
        receipt = json.loads(path.read_text("utf-8"))
    except ValueError:
        receipt = None
    if not isinstance(receipt, dict):
        raise InputError(f"{path}: needed a receipt as JSON, came something else")
    return receipt


def write(path: Path, receipt: Mapping[str, Any]) -> None:
    """Write a receipt; it appears whole or not at all. Raises OSError."""
    private_file.write(path, (json.dumps(receipt, indent=2, sort_keys=True) + "\n").encode(), mode=_READABLE)


def _text(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


def _key(state: Path) -> Ed25519PrivateKey:
    path = state / KEY_FILE
    if not path.exists():
        _make(path)
    if path.stat().st_mode & _OWNER_ONLY:
        raise SettingsError(f"{path}: needed mode 0600, others can read it; run `chmod 600 {path}`")
    try:
        seed = bytes.fromhex(path.read_text("ascii").strip())
    except ValueError:
        seed = b""
    if len(seed) != _BYTES:
        raise SettingsError(f"{path}: needed the key that receipts are signed with, came something else")
    return Ed25519PrivateKey.from_private_bytes(seed)


def _make(path: Path) -> None:
    seed = Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    private_file.make(path, seed.hex().encode())
