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

    Every mark has such a word, unless it says otherwise (`Mark.how`). But that word may have been replaced before, and
    a weak one beside it not: the initial in `J. Kelokvan`. So where a surrogate stands weak words are looked at, too.
    """

    def __init__(self, marks: Sequence[Mark], hashes: ScopeHashes) -> None:
        self._of = hashes.of
        self._hashed = {name for mark in marks for name in mark.words.split(" ")}
        hows = {mark.how for mark in marks}
        self._unlikely = frozenset() if "english" in hows else common()
        self._any_case = hows <= {"any", "within"}
        self._nameless: set[str] = set()
        strong = {mark.words for mark in marks if mark.how == "any"}
        made = {
            name: word
            for mark in marks
            for name, word in zip(mark.words.split(" "), mark.surrogate.split(" "), strict=False)
            if not word.startswith("<")
        }
        self._made = {word for word in made.values() if len(word) > 1 and not word.isdigit()}
        self._weak = made.keys() - strong

    def says(self, text: str) -> bool:
        """True if a word of the text is that of a mark, and not replaced already."""
        return self._has_strong(text) or (bool(self._weak) and self._has_weak(text.lower()))

    def _has_strong(self, text: str) -> bool:
        of, hashed, unlikely = self._of, self._hashed, self._unlikely
        fresh = set(text.split()).difference(self._nameless, unlikely)
        for run in runs(" ".join(fresh)).difference(unlikely):
            low = run.lower()
            if self._any_case and low in unlikely:
                continue
            if whole(run) and run.isascii():
                if of(low) in hashed:
                    return True
            elif any(of(plain(word)) in hashed for word in _parts(run)):
                return True
        self._nameless |= fresh
        return False

    def _has_weak(self, low: str) -> bool:
        """If a weak word stands beside a surrogate."""
        for made in self._made:
            at = low.find(made)
            while at >= 0:
                end = at + len(made)
                for beside in (_BEFORE.search(low, max(0, at - _REACH), at), _AFTER.match(low, end)):
                    if beside is not None and self._of(plain(beside[1])) in self._weak:
                        return True
                at = low.find(made, end)
        return False


def _parts(run: str) -> Iterable[str]:
    return (run,) if whole(run) else (run[start:end] for start, end in people.parts(run, 0, len(run)))
