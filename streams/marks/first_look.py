"""If a text can name anybody whom marks know: most texts are done after this, so it must cost little. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streams.marks.words import plain, runs, whole
from streams.privacy.directory.words import common
from streams.surrogates import people

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schemas.rows import Mark
    from streams.marks.words import ScopeHashes


_BEFORE = re.compile(r"([^\W\d_]+|\d+)[\s._\-,]{0,2}\Z")
_AFTER = re.compile(r"[\s._\-,]{0,2}([^\W\d_]+|\d+)")
_REACH = 40  # characters; a longer word is no weak one


class FirstLook:
    """Hashes as few words as it can: those that are in no list of English words, each once.

    A mark of several words has one that counts alone, too, or all of its words are looked for. That word may have been
    replaced before, and a weak one beside it not (the initial in `J. Kelokvan`): so neighbours of surrogates are looked
    at as well.
    """

    def __init__(self, marks: Sequence[Mark], hashes: ScopeHashes) -> None:
        self._of = hashes.of
        hows = {mark.how for mark in marks}
        self._unlikely = frozenset() if "english" in hows else common()
        self._any_case = hows <= {"any", "within"}
        self._nameless: set[str] = set()
        strong = {mark.words for mark in marks if mark.how == "any"}  # of those of several words, none is looked up
        rows = [mark.words.split(" ") for mark in marks]
        self._telling = {name for row in rows if len(row) == 1 or strong.isdisjoint(row) for name in row}
        self._weak = {name for row in rows if len(row) > 1 for name in row} - strong
        self._made: set[str] = set()  # surrogates beside which a weak word may stand
        for mark, row in zip(marks, rows, strict=True):
            if len(row) > 1 and not self._weak.isdisjoint(row):
                self._made.update(made for made in mark.surrogate.split(" ") if len(made) > 1)

    def says(self, text: str) -> bool:
        """False if no mark names anything in the text that is not replaced already."""
        return self._has_strong(text) or (bool(self._weak) and self._has_weak(text))

    def _has_strong(self, text: str) -> bool:
        of, telling, unlikely = self._of, self._telling, self._unlikely
        fresh = set(text.split()).difference(self._nameless, unlikely)
        for run in runs(" ".join(fresh)).difference(unlikely):
            low = run.lower()
            if self._any_case and low in unlikely:
                continue
            if whole(run) and run.isascii():
                if of(low) in telling:
                    return True
            elif any(of(plain(word)) in telling for word in _parts(run)):
                return True
        self._nameless |= fresh
        return False

    def _has_weak(self, text: str) -> bool:
        """If a weak word stands beside a surrogate, also as the hump of an identifier that is next to it."""
        low = text.lower()
        if len(low) != len(text):  # places in the one are not those in the other, so nothing is sure
            return True
        for made in self._made:
            at = low.find(made)
            while at >= 0:
                end = at + len(made)
                for beside in (_BEFORE.search(text, max(0, at - _REACH), at), _AFTER.match(text, end)):
                    if beside and self._is_weak(beside[1]):
                        return True
                at = low.find(made, end)
        return False

    def _is_weak(self, run: str) -> bool:
        words = {plain(word) for word in _parts(run)}
        return any(self._of(word) in self._weak for word in words.difference(self._made))


def _parts(run: str) -> Iterable[str]:
    return (run,) if whole(run) else (run[start:end] for start, end in people.parts(run, 0, len(run)))
