"""`Directory`: finds the people of a compiled directory in a text.

Three steps, each only for what the one before has left. (1) The runs of letters and digits of the text, less the common
words that nobody is called: a set difference. (2) What is left is asked for in the table, once per run; a memory of
hashes (not of words) knows most of them. (3) Around the runs that are names, chains of pieces are read and judged.
"""

from __future__ import annotations

import mmap
import os
import re
from typing import TYPE_CHECKING, Final

from schemas.errors import SettingsError
from streams.privacy.directory import chains, extensions, singles, unspaced
from streams.privacy.directory.chains import Piece, case_of
from streams.privacy.directory.fold import PIECE, RUN, folded, is_cjk, runs
from streams.privacy.directory.places import near_capital, placed, run_before
from streams.privacy.directory.roster import EXTENSION, MAIL
from streams.privacy.directory.table import (
    FULL,
    GIVEN,
    GUESSED,
    LAST,
    LOGIN,
    REVERSED,
    SOLID,
    Table,
    TableError,
    read,
)
from streams.privacy.directory.words import common, frequent
from streams.surrogates import Found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet
    from pathlib import Path

PERSON, EMAIL, PHONE = "PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER"
_SURE, _LIKELY = 0.95, 0.85
_OWNER_ONLY = 0o077
_MEMORY = 65_536  # runs whose flags are kept, as hashes: some 8 MB
_NAME = GIVEN | LAST
_MAIL = re.compile(r"(?<![\w.+-])[\w.+'%-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_GAP = re.compile(r"%20|_|[^\w\n]{0,3}(?:\n[ \t]*(?:[#*>]+[ \t]?|//+[ \t]?)?)?")
_MANY = 12
_OVERLAP = 4
_LONGEST = 64  # characters of a run that may name somebody; longer ones are keys and encoded data
_NONE = (1 << 62, 1 << 62)  # after the end of any text
_DIGITS = re.compile(r"\d{1,4}(?![^\W_])")


class Directory:
    """The people of one compiled file. Safe for several threads (each at worst asks again what another remembers)."""

    def __init__(self, table: Table) -> None:
        """See `load`."""
        self._table: Final = table
        self._get = table.get
        self._weak = {word: flags for word in common() if (flags := table.get(word))}
        self._nobody = frozenset(
            form
            for word in common()
            if word not in self._weak
            for form in ((word, word.capitalize(), word.upper()) if word in frequent() else (word, word.capitalize()))
        )
        self._starts = unspaced.pattern(table.head)
        self._idle: set[int] = set()  # hashes of runs that name nobody
        self._telling: set[int] = set()  # and of those that could
        self._flags: dict[int, int] = {}

    @classmethod
    def load(cls, path: Path) -> Directory:
        """The directory in a file that `redline directory import` wrote. Takes some 0.1 s.

        Raises:
            SettingsError: the file is open to others, or is no whole compiled directory.
            OSError: it cannot be read.
        """
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OWNER_ONLY:
                raise SettingsError(f"{path}: needed mode 0600, others can read it; run `chmod 600 {path}`")
            if not os.fstat(file.fileno()).st_size:
                raise SettingsError(f"{path}: needed a compiled directory, came an empty file; {_AGAIN}")
            content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        try:
            return cls(read(content))
        except TableError as error:
            raise SettingsError(f"{path}: {error}; {_AGAIN}") from None

    @property
    def people(self) -> int:
        """How many people it knows."""
        return self._table.people

    @property
    def forms(self) -> int:
        """How many forms of names, logins, mails and extensions it holds."""
        return self._table.entries

    def find(self, text: str) -> list[Found]:
        """Every place that names one of them, in text order, not overlapping.

        `PERSON` for names and logins, `EMAIL_ADDRESS` for mails, `PHONE_NUMBER` for extensions ("ext. 1234").
        """
        plain, places = folded(text)
        every = set(runs(plain))
        found: list[Found] = []
        mails = [match.span() for match in _MAIL.finditer(plain)] if "@" in plain else []
        found += [Found(*span, EMAIL, _SURE) for span in mails if self._is_ours(plain[slice(*span)].lower())]
        if not every.isdisjoint(extensions.WORDS):
            found += [Found(*span, PHONE, _SURE) for span in extensions.announced(plain, self._known)]
        anchors = self._anchors(every - self._nobody)
        places_of_logins = singles.login_places(plain, every)
        if anchors or places_of_logins:
            others = [span for span in mails if not self._is_account(plain[slice(*span)])]
            spans = sorted({*placed(plain, anchors), *places_of_logins})
            found += self._people(plain, spans, [*others, *((one.start, one.end) for one in found)])
        if self._starts is not None and not plain.isascii() and is_cjk(plain):
            found += [Found(*span, PERSON, _SURE) for span in unspaced.names(plain, self._starts, self._get)]
        if places is not None:
            found = [one._replace(start=places[one.start], end=places[one.end - 1] + 1) for one in found]
        return _apart(found)

    def _anchors(self, runs: set[str]) -> list[str]:
        """The runs at which somebody could be named: `Will`, but not `will`, which is one where a login is expected."""
        by_hash = {hash(run): run for run in runs}
        new: AbstractSet[int] = by_hash.keys() - self._idle - self._telling
        if len(self._idle) + len(self._telling) + len(new) > _MEMORY:
            self._idle.clear()
            self._telling.clear()
            new = by_hash.keys()
        for key in new:
            (self._telling if self._asked(by_hash[key]) else self._idle).add(key)
        return [by_hash[key] for key in by_hash.keys() & self._telling]

    def _asked(self, run: str) -> int:
        if len(run) > _LONGEST or run.isdecimal():
            return 0  # a number is a login only in a login's place
        low = run.lower()
        weak = self._weak.get(low)
        if weak is not None:
            return 0 if run == low and low in frequent() else weak & _NAME
        if len(run) > 1 and run[0] in "xX" and run[1:].isdigit():
            return self._get(EXTENSION + run[1:]) | (self._get(low) & LOGIN)
        pieces = PIECE.findall(run)
        if len(pieces) < 2:  # noqa: PLR2004 - one piece
            return self._get(low) if len(low) > 1 else 0
        flags = self._get(low) & (LOGIN | _NAME)
        for piece in pieces:
            small = piece.lower()
            if len(small) > 2 and not small.isdecimal() and small not in frequent():  # noqa: PLR2004 - two letters are in every identifier
                flags |= self._get(small)
        return flags

    def _known(self, low: str) -> int:
        """`get`, remembered."""
        key = hash(low)
        flags = self._flags.get(key)
        if flags is None:
            if len(self._flags) >= _MEMORY:
                self._flags.clear()
            self._flags[key] = flags = self._get(low)
        return flags

    def _piece(self, start: int, end: int, text: str) -> Piece:
        word = text[start:end]
        low = word.lower()
        weak = low in common()
        flags = self._weak.get(low, 0) if weak else self._known(low)
        return Piece(start, end, low, flags, case_of(word), not weak, low not in frequent())

    def _is_ours(self, mail: str) -> bool:
        """If it is a mail of somebody, or has their name under any domain."""
        local, _, domain = mail.partition("@")
        local = local.partition("+")[0].strip("'.")
        if self._get(MAIL + mail) or self._get(f"{MAIL}{local}@{domain}"):
            return True
        flags = self._get("".join(RUN.findall(local)))
        return bool(flags & SOLID and flags & (FULL | REVERSED))

    def _is_account(self, mail: str) -> bool:
        """If it begins with a login, whatever the host: `jdoe@build-07.internal`."""
        local = mail.partition("@")[0]
        return bool(self._get("".join(RUN.findall(local)).lower()) & LOGIN)

    def _people(self, text: str, spans: Iterable[tuple[int, int]], taken: list[tuple[int, int]]) -> Iterator[Found]:
        done = -1
        others = iter(sorted(taken))
        begin, until = next(others, _NONE)
        for start, end in spans:
            while until <= start:
                begin, until = next(others, _NONE)
            if start < done or begin <= start or end - start > _LONGEST:
                continue
            if text[start] in "xX" and extensions.is_short(text, start, self._known):
                yield Found(start, end, PHONE, _LIKELY)
                continue
            whole = self._piece(start, end, text)
            if not whole.rare and whole.case != "l" and not near_capital(text, start, end):
                continue
            if (
                not whole.flags & _NAME
                and whole.flags & (LOGIN | GUESSED)
                and singles.is_login(text, whole, whole.flags)
            ):
                done = end
                yield Found(start, end, PERSON, _SURE)
                continue
            chain = self._chain(text, start, end, max(done, 0))
            yield from self._chained(text, chain)
            # Every piece of it has been judged; a chain that was cut short goes on a few pieces before its end.
            done = max(end, chain[-1].end if len(chain) < 2 * _MANY else chain[-_OVERLAP].start)

    def _chained(self, text: str, chain: list[Piece]) -> Iterator[Found]:
        at = 0
        for first, last in chains.stretches(text, chain, self._known):
            yield from self._alone(text, chain[at:first])
            stop = chain[last].end
            if len(chain[last].low) == 1 and text[stop : stop + 1] == "." and last:
                stop += 1  # `Jane D.`
            yield Found(chain[first].start, stop, PERSON, _SURE)
            at = last + 1
        yield from self._alone(text, chain[at:])

    def _alone(self, text: str, pieces: Iterable[Piece]) -> Iterator[Found]:
        for piece in pieces:
            flags = piece.flags
            if flags & SOLID and flags & (FULL | REVERSED) and not flags & _NAME and piece.sure:
                yield Found(piece.start, piece.end, PERSON, _SURE)
            elif flags & ~_NAME and singles.is_login(text, piece, flags):
                digits = _DIGITS.match(text, piece.end)
                yield Found(piece.start, digits.end() if digits else piece.end, PERSON, _SURE)
            elif flags & _NAME and singles.is_called(text, piece):
                yield Found(piece.start, piece.end, PERSON, _LIKELY)

    def _chain(self, text: str, start: int, end: int, floor: int) -> list[Piece]:
        """The pieces around a run that may be parts of names, as far as they go without a break."""
        chain = [self._piece(start + one.start(), start + one.end(), text) for one in PIECE.finditer(text[start:end])]
        while len(chain) < _MANY:
            before = run_before(text, chain[0].start, floor)
            if before is None or (pieces := self._useful(text, *before, left=True)) is None:
                break
            chain[:0] = pieces
        while len(chain) < 2 * _MANY:
            gap = _GAP.match(text, chain[-1].end)
            at = gap.end() if gap else chain[-1].end
            run = RUN.match(text, at)
            if run is None or (pieces := self._useful(text, *run.span(), left=False)) is None:
                break
            chain += pieces
        return chain

    def _useful(self, text: str, start: int, end: int, *, left: bool) -> list[Piece] | None:
        word = text[start:end]
        if (word in self._nobody and end - start > 1) or end - start > _LONGEST:
            return None
        if word.isalpha() and (word.islower() or word.istitle()):
            pieces = [self._piece(start, end, text)]
        else:
            pieces = [self._piece(start + m.start(), start + m.end(), text) for m in PIECE.finditer(word)]
        near = pieces[-1] if left else pieces[0]
        letter = len(near.low) == 1 and near.low.isalpha()
        middle = near.case == "T" and near.sure
        return pieces if letter or middle or near.flags & _NAME else None


_AGAIN = "run `redline directory import FILE` again"


def _apart(found: list[Found]) -> list[Found]:
    """In text order, of overlapping findings the longest."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda f: (f.start, -f.end)):
        if kept and one.start < kept[-1].end:
            if one.end - one.start > kept[-1].end - kept[-1].start:
                kept[-1] = one
            continue
        kept.append(one)
    return kept
