"""What an export is asked for, what of the tables it is made from, and everything else its bytes depend on. Pure.

Two exports of one plan have the same bytes: `Plan.number` is the hash of all that decides them.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

import msgspec

from schemas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

Form = Literal["jsonl", "parquet"]
SPLITS: dict[str, float] = {"train": 0.9, "validation": 0.05, "test": 0.05}
SHARD_ROWS = 100_000
SHARD_BYTES = 256 << 20  # a shard is sorted in memory
_SUM_OFF = 1e-6


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks for. Empty means all. Days are ISO 8601; `splits` are shares that add up to 1.

    `near_duplicates`: least similarity at which texts count as the same; 0: only equal ones do.
    """

    format: str
    seed: int = 0
    where: str = ""
    surface: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    licence: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    min_similarity: float | None = None
    max_similarity: float | None = None
    dedupe: bool = True
    near_duplicates: float = 0.0
    decontaminate: tuple[str, ...] = ()
    balance: str = ""
    cap_per_session: int = 0
    splits: dict[str, float] = msgspec.field(default_factory=SPLITS.copy)
    max_rows: int = 0
    form: Form = "jsonl"
    shard_rows: int = SHARD_ROWS
    options: dict[str, str] = {}
    with_record_ids: bool = False


class Pinned(msgspec.Struct, frozen=True):
    """One file of the pinned version: `path` absolute, `partition` its folder's values."""

    path: str
    rows: int
    partition: dict[str, str]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """An export from its first byte to its last.

    `versions` are Delta's: of the table, and of those that sessions and people are found in. `benchmarks` are the
    hashes of the files in `asked.decontaminate`. `redline` is the version of this program.
    """

    asked: Asked
    table: str
    versions: dict[str, int]
    files: tuple[Pinned, ...]
    benchmarks: tuple[str, ...] = ()
    redline: str

    @property
    def number(self) -> str:
        """32 hex digits: the same wherever the folders lie."""
        asked = msgspec.structs.replace(self.asked, decontaminate=())
        alike = (asked, self.table, sorted(self.versions.items()), self.benchmarks, self.redline)
        return hashlib.blake2b(msgspec.json.encode(alike), digest_size=16).hexdigest()

    def continues(self, other: Plan) -> bool:
        """True if both differ in the versions of the tables at most: what one began the other may finish."""
        return msgspec.structs.replace(self, versions={}, files=()) == msgspec.structs.replace(
            other, versions={}, files=()
        )


def splits_of(text: str) -> dict[str, float]:
    """`train=0.9,test=0.1` as shares; the first one is what is trained on.

    Raises:
        InputError: not of that form, or the shares do not add up to 1.
    """
    found: dict[str, float] = {}
    for part in text.split(","):
        name, sign, share = (piece.strip() for piece in part.partition("="))
        try:
            number = float(share)
        except ValueError:
            number = -1.0
        if not sign or not name.isidentifier() or name in found or not 0 < number <= 1:
            raise InputError("--splits: needed NAME=SHARE,… such as train=0.9,test=0.1, came something else")
        found[name] = number
    if abs(sum(found.values()) - 1) > _SUM_OFF:
        raise InputError("--splits: needed shares that add up to 1, came another sum")
    return found


def options_of(given: Sequence[str]) -> dict[str, str]:
    """`NAME=VALUE` texts, in the order of names: that on the command line decides nothing.

    Raises:
        InputError: a text without a sign, or a name twice.
    """
    found: dict[str, str] = {}
    for text in given:
        name, sign, value = text.partition("=")
        if not sign or name in found:
            raise InputError("--option: needed NAME=VALUE, each name once, came something else")
        found[name] = value
    return dict(sorted(found.items()))
