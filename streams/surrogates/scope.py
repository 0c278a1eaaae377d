"""Surrogates of one scope under one epoch's key. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Literal

from streams.privacy.views import reads_as
from streams.surrogates import forms, lines, people, values
from streams.surrogates.findings import SECRET, Found, merge

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

Style = Literal["natural", "placeholder"]

_ENTITY = re.compile(r"[^A-Z0-9]+")
_SPACE = re.compile(r"\s+")
_NAME_GAP = re.compile(r"[\s._\-,]+")
_NAMES = frozenset(("PERSON", "LOCATION"))
_BREAKS = re.compile(r"[\x00-\x1f\"'\\<>&%]")
_IN_WORD = re.compile(r"[^\W_]|_")


def normalise(entity: str, value: str) -> str:
    """The spelling under which values are the same: `J.Smith@X.org` is `j.smith@x.org`, `+1 (212) …` is `212…`."""
    if entity == SECRET:
        return value.strip()  # the letter case of a key is the key
    if entity == "PHONE_NUMBER":
        return lines.bare(value)
    if entity == "CREDIT_CARD":
        return "".join(str(int(digit)) for digit in lines.DIGIT.findall(value))
    plain = people.plain(value)
    if entity in _NAMES:
        return _NAME_GAP.sub(" ", plain).strip()
    return _SPACE.sub("", plain)


class Surrogates:
    """Surrogates of one scope under one epoch's key: the same value gets the same one, here and in any other process.

    Another scope, epoch or key gives unrelated ones.

    Args:
        key: of the epoch; whoever has it can link values again.
        epoch: number of the key.
        scope: what values agree within, such as an interaction.
        style: "natural" is a value of a reserved range, or an invented name, in the shape of what it stands for;
            "placeholder" is a type and four hex digits. Secrets are placeholders in both.
    """

    def __init__(self, key: bytes, epoch: int, scope: bytes, style: Style = "natural") -> None:
        base = hmac.new(key, digestmod=hashlib.sha256)
        for part in (str(epoch).encode(), scope):
            base.update(len(part).to_bytes(4, "big") + part)
        self._base = base
        self._memo: dict[tuple[str, str], bytes] = {}
        self._epoch = epoch
        self._natural = style == "natural"

    def __repr__(self) -> str:
        return f"Surrogates(epoch={self._epoch})"

    def replace(self, entity: str, value: str, *, in_identifier: bool = False) -> str:
        """The surrogate of `value`, written in the shape of `value` where the type has one.

        Args:
            entity: type of the finding.
            value: what was found.
            in_identifier: a letter, digit or underscore stands right beside it, so that `<` would break the code.
        """
        plain = value if entity == SECRET else reads_as(value)
        # What was escaped had to be: in its plain shape it would break the string or the page that it stands in.
        breaks = plain != value and _BREAKS.search(plain) is not None
        natural = self._invent(entity, plain) if self._natural and not breaks else None
        if natural is not None:
            return natural
        name = _ENTITY.sub("_", entity.upper()).strip("_") or "DATA"
        code = self._digest(entity, normalise(entity, plain))[:2].hex()
        bare = in_identifier and name in forms.IN_IDENTIFIERS and re.fullmatch(r"\w+", value)
        return f"{name}_{code}" if bare else f"<{name}_{code}>"

    def of_word(self, word: str) -> str | None:
        """What one word of a person's name becomes wherever it stands in one, in lower case.

        None if there is no such word: in the style of placeholders always.
        """
        if not self._natural:
            return None
        return people.of_word(people.plain(word), lambda use, one: self._number(f"PERSON/{use}", one))

    def apply(self, text: str, found: Iterable[Found], counts: Counter[str] | None = None) -> str:
        """`text` with every finding replaced; `counts` grows by the entity types replaced."""
        parts: list[str] = []
        at = 0
        for one in merge(found):
            start, end, entity, _ = forms.past_escape(text, one)
            beside = text[start - 1 : start] if start else ""
            escape = text[max(0, start - 2) : start - 1] == "\\"
            inside = bool((_IN_WORD.match(beside) and not escape) or _IN_WORD.match(text[end : end + 1]))
            parts += (text[at:start], self.replace(entity, text[start:end], in_identifier=inside))
            at = end
            if counts is not None:
                counts[entity] += 1
        return "".join((*parts, text[at:])) if parts else text

    def _invent(self, entity: str, value: str) -> str | None:
        if entity in _NAMES:
            return people.invented(value, lambda use, word: self._number(f"{entity}/{use}", word))
        maker = values.MAKERS.get(entity)
        return maker(self._number(entity, normalise(entity, value)), value) if maker else None

    def _number(self, entity: str, value: str) -> int:
        return int.from_bytes(self._digest(entity, value), "big")

    def _digest(self, entity: str, value: str) -> bytes:
        known = self._memo.get((entity, value))
        if known is None:
            mac = self._base.copy()
            kind = entity.encode()
            mac.update(len(kind).to_bytes(4, "big") + kind + value.encode("utf-8", "surrogatepass"))
            known = self._memo[(entity, value)] = mac.digest()
        return known
