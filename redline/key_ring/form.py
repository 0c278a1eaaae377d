"""The JSON of a key ring, the same in the key file, the environment and the answer of a command. Pure."""

from __future__ import annotations

import msgspec

from streams.epochs import Epoch, KeyRing


class _Epoch(msgspec.Struct, forbid_unknown_fields=True):
    number: int
    starts_us: int
    surrogate: str | None = None


class _Ring(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`surrogate` and `epoch` are the form that knew one epoch only."""

    identity: str
    epochs: list[_Epoch] = []
    surrogate: str | None = None
    epoch: int = 1


def decode(text: bytes, overlap_us: int = 0) -> KeyRing | None:
    """The ring of a text; None if it is none. Nothing of the text is told."""
    try:
        read = msgspec.json.decode(text, type=_Ring)
        epochs = read.epochs or [_Epoch(read.epoch, 0, read.surrogate)]
        return KeyRing(
            bytes.fromhex(read.identity),
            tuple(
                Epoch(one.number, one.starts_us, None if one.surrogate is None else bytes.fromhex(one.surrogate))
                for one in epochs
            ),
            overlap_us,
        )
    except (msgspec.MsgspecError, ValueError):
        return None


def encode(ring: KeyRing) -> bytes:
    """The text of a ring, secrets and all."""
    epochs = [
        _Epoch(one.number, one.starts_us, None if one.surrogate is None else one.surrogate.hex()) for one in ring.epochs
    ]
    return msgspec.json.encode(_Ring(ring.identity.hex(), epochs))
