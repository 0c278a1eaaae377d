"""Phone numbers as Presidio finds them: python-phonenumbers for many regions at the price of one.

`PhoneNumberMatcher` searches a text for candidates once per region with one and the same expression, and parses each of
them once per region: half of stock Presidio's time. Here a candidate is found once. Most are digits and plain
punctuation: what the matcher would try in them is worked out once, `numbering` answers each region from the digits, and
no region's answer moves the search of another, since every one of them goes on behind the candidate. Where that does
not hold (extensions, signs outside ASCII, very long runs) the library's own matchers run until they meet again.

One difference is on purpose: a matcher of the library gives up on a text after 65,535 candidates that are no numbers.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberMatch, PhoneNumberMatcher, parse
from phonenumbers import phonenumbermatcher as matcher

from streams.privacy.presidio.numbering import Region, read_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Span = tuple[int, int]


def _own(name: str) -> re.Pattern[str]:
    """An expression of the matcher's that is not public: with any other, the findings would differ."""
    pattern: re.Pattern[str] = getattr(matcher, name)
    return pattern


_CANDIDATE = _own("_PATTERN")
_SECOND = _own("_SECOND_NUMBER_START_PATTERN")
_UNWANTED = _own("_UNWANTED_END_CHAR_PATTERN")
_SLASHED_DATES = _own("_SLASH_SEPARATED_DATES")
_STAMP, _STAMP_REST = _own("_TIME_STAMPS"), _own("_TIME_STAMPS_SUFFIX")
_LEAD, _BRACKETS, _PAGES = _own("_LEAD_PATTERN"), _own("_MATCHING_BRACKETS"), _own("_PUB_PAGES")
# With the sign that a plain candidate must hold for it to match; the one left out is for dashes outside ASCII.
_INNER: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    zip([one for one in matcher._INNER_MATCHES if one.search("\u2013x") is None], "/( . ", strict=True)  # noqa: SLF001
)
# Digits and punctuation that says nothing but "here is a gap", at most one plus sign, before the first digit, and `x`,
# which is a gap to the search for candidates as well.
_PLAIN = re.compile(r"[ \-./()\[\]]*\+?[ \-./()\[\]]*[0-9]+(?:[ \-./()\[\]x]{1,4}[0-9]+)*[ \-./()\[\]]*").fullmatch
_EXTENDED = re.compile(r"[^x]*[0-9)]x[0-9]{1,7}").fullmatch  # the most usual extension
_READABLE = re.compile(r"[0-9 \-./()\[\]+#,~x]*").fullmatch  # what may be an extension or a second number besides
_MARKS = re.compile(r"[x#,~]")
_LETTERS = 2  # three of them, and the library reads letters as on a telephone's keys
_NO_DIGITS = re.compile(r"[^0-9]+")
_FEWEST = 4  # digits: no plan in the library's tables has shorter numbers, short codes apart
_LONGEST = 41  # signs; the matcher cuts a candidate short behind 21 blocks of digits,
_DIGITS = re.compile(r"[0-9]+").fullmatch  # of which all are tried, or none
_CUT = re.compile(r"[0-9]{20}").search  # and in the middle of a block behind 20 digits
_KEPT = 20_000  # candidates; a log's times and ids come back line by line
_LENIENCY = 1  # VALID, Presidio's default, and the one `numbering` knows
_UNUSED = PhoneNumberMatcher("", "US")  # asked for at every leniency, and looked at only at stricter ones
_SOME = PhoneNumber()  # a number object where only the place counts


@lru_cache(maxsize=4096)
def _glued(character: str) -> bool:
    """Whether a number that touches this character is none, as at the matcher's leniency VALID."""
    own = PhoneNumberMatcher
    return bool(own._is_invalid_punctuation_symbol(character) or own._is_latin_letter(character))  # noqa: SLF001


class _Part(NamedTuple):
    """A part of a plain candidate that may be a number; offsets are those of the candidate."""

    start: int
    end: int
    text: str
    digits: tuple[str, ...]  # that the library may read in it
    plus: bool
    sure: bool  # whether it reads the first of them, and what it finds valid is a number

    def held(self, region: Region) -> bool:
        """Whether the library takes the part for a number of a region."""
        if self.sure:
            return region.valid(self.digits[0], plus=self.plus)
        signs = (True, False) if self.plus else (False,)
        may = not self.digits or any(region.valid(one, plus=plus) for one in self.digits for plus in signs)
        return may and _parsed(self.text, region.name)


def _parts(candidate: str, before: str, behind: str) -> tuple[_Part, ...]:
    """What `PhoneNumberMatcher._extract_match` tries to parse, in its order, without what fails in every region."""
    if "/" in candidate and _SLASHED_DATES.search(candidate):
        return ()
    if behind[:1] == ":" and _STAMP.search(candidate) and _STAMP_REST.match(behind):
        return ()
    found: dict[Span, _Part] = {}
    for start, group in _tries(candidate):
        end = start + len(group)
        if (start, end) in found or not group:
            continue
        left = candidate[start - 1] if start else before
        right = candidate[end] if end < len(candidate) else behind[:1]
        part = _part(start, group, left, right)
        if part is not None:
            found[(start, end)] = part
    return tuple(found.values())


def _part(start: int, group: str, left: str, right: str) -> _Part | None:
    """A part between two signs, if it is one that the library would parse."""
    if ("(" in group or ")" in group or "[" in group or "]" in group) and (
        not _BRACKETS.fullmatch(group) or _PAGES.search(group)
    ):
        return None
    if (left and _glued(left) and not _LEAD.match(group)) or (right and _glued(right)):
        return None
    end, plus = start + len(group), "+" in group
    if not _READABLE(group) or group.count("x") > _LETTERS:
        return _Part(start, end, group, (), plus, sure=False)
    cuts = [mark.start() for mark in _MARKS.finditer(group)]
    every = [_NO_DIGITS.sub("", group[:cut]) for cut in (*cuts, len(group))]
    digits = tuple(one for one in every if len(one) >= _FEWEST)
    if not digits:
        return None
    usual = not cuts or (len(cuts) == 1 and len(digits) > 1 and _EXTENDED(group) is not None)
    return _Part(start, end, group, digits, plus, sure=usual and group.count("+") <= 1)


def _tries(candidate: str) -> Iterator[tuple[int, str]]:
    yield 0, candidate
    for inner, sign in _INNER:
        match, first = inner.search(candidate) if sign in candidate else None, True
        while match:
            if first:
                yield 0, _cut(candidate[: match.start()])
                first = False
            yield match.start(1), _cut(match.group(1))
            match = inner.search(candidate, match.start() + 1)


def _cut(group: str) -> str:
    unwanted = _UNWANTED.search(group)
    return group[: unwanted.start()] if unwanted else group


def _next(text: str, index: int) -> tuple[int, str] | None:
    """Start and text of the next candidate from `index` on, as the matcher's search gives it."""
    match = _CANDIDATE.search(text, index)
    return None if match is None else (match.start(), _first_of(match.group()))


def _first_of(number: str) -> str:
    """A candidate without a second number behind a slash."""
    second = _SECOND.search(number) if "/" in number or "\\" in number else None
    return number[: second.start()] if second else number


def _parsed(text: str, region: str) -> bool:
    """The library's own answer."""
    try:
        number = parse(text, region, keep_raw_input=True)
    except NumberParseException:
        return False
    return bool(matcher._verify(_LENIENCY, number, text, _UNUSED))  # noqa: SLF001 - the step after `parse`


class _Library(PhoneNumberMatcher):
    """The library's matcher, asked for one candidate at a time; plain parts are put to `numbering`."""

    def __init__(self, text: str, region: Region) -> None:
        super().__init__(text, region.name, leniency=_LENIENCY)
        self._region = region

    def take(self, start: int, candidate: str) -> Span | None:
        self._max_tries = 1 << 16
        found = self._extract_match(candidate, start)
        return None if found is None else (found.start, found.end)

    def _parse_and_verify(self, candidate: str, offset: int) -> PhoneNumberMatch | None:
        before = self.text[offset - 1] if offset else ""
        part = _part(offset, candidate, before, self.text[offset + len(candidate) : offset + len(candidate) + 1])
        return PhoneNumberMatch(offset, candidate, _SOME) if part is not None and part.held(self._region) else None


class Numbers:
    """Phone numbers of several regions in one text after the other.

    Args:
        regions: names of regions, in Presidio's order.

    Raises:
        ValueError: for a region that python-phonenumbers has no tables of.
    """

    def __init__(self, regions: Sequence[str]) -> None:
        read_all()
        self._regions = [Region(name) for name in regions]
        self._any = re.compile("|".join(dict.fromkeys(f"(?:{one.ways})" for one in self._regions)) or "(?!)").fullmatch
        self._kept: dict[tuple[str, str, str], tuple[Span, ...]] = {}

    def spans(self, text: str) -> list[Span]:
        """Where the matchers find a number; what lies inside another finding may be left out."""
        found: dict[Span, None] = {}
        index: int | None = 0
        while index is not None:
            index = self._on(text, index, found)
        return list(found)

    def _on(self, text: str, index: int, found: dict[Span, None]) -> int | None:
        """Go on until the next candidate is to be looked for elsewhere than behind the last one; where that is."""
        for match in _CANDIDATE.finditer(text, index):
            if match.end() - match.start() < _FEWEST:
                continue
            start, number = match.start(), _first_of(match.group())
            end = start + len(number)
            if (len(number) <= _LONGEST and _PLAIN(number) and not _CUT(number)) or _DIGITS(number):
                if len(number) >= _FEWEST:
                    for low, high in self._inside(number, text[start - 1] if start else "", text[end : end + 3]):
                        found[(start + low, start + high)] = None
                if end != match.end():
                    return end
            else:
                return self._zone(text, (start, number), found)
        return None

    def _inside(self, number: str, before: str, behind: str) -> tuple[Span, ...]:
        """Findings in one plain candidate."""
        if number.isdigit() and ((before and _glued(before)) or (behind and _glued(behind[0]))):
            return ()
        key = (number, before, behind)
        known = self._kept.get(key)
        if known is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            known = self._kept[key] = self._search(number, before, behind)
        return known

    def _search(self, number: str, before: str, behind: str) -> tuple[Span, ...]:
        parts = [part for part in _parts(number, before, behind) if self._may_be(part)]
        found: dict[Span, None] = {}
        for region in range(len(self._regions)) if parts else ():
            span = self._first(region, parts)
            if span == (0, len(number)):
                # Whatever another region finds in here is inside of this, and removed as a duplicate.
                return (span, *found)
            while span is not None:
                found[span] = None
                span = self._behind(region, number, span[1], behind)
        return tuple(found)

    def _may_be(self, part: _Part) -> bool:
        """Whether a part can be a number of some region."""
        return not part.digits or part.plus or any(map(self._any, part.digits))

    def _behind(self, region: int, number: str, index: int, behind: str) -> Span | None:
        """The region's next finding in the rest of a candidate, behind one of its findings."""
        while (candidate := _next(number, index)) is not None:
            start, rest = candidate
            index = start + len(rest)
            after = (number[index : index + 3] + behind)[:3]
            span = self._first(region, _parts(rest, number[start - 1], after))
            if span is not None:
                return start + span[0], start + span[1]
        return None

    def _first(self, region: int, parts: Sequence[_Part]) -> Span | None:
        plan = self._regions[region]
        for part in parts:
            if part.held(plan):
                return part.start, part.end
        return None

    def _zone(self, text: str, candidate: tuple[int, str], found: dict[Span, None]) -> int:
        """Run the library's matchers from a candidate on until all would go on with the same one; where that is."""
        matchers = [_Library(text, region) for region in self._regions]
        places = [candidate[0]] * len(matchers)
        limit = candidate[0] + len(candidate[1])
        memo: dict[int, tuple[int, str] | None] = {candidate[0]: candidate}
        while True:
            following = set()
            for number, one in enumerate(matchers):
                while (at := _remembered(memo, text, places[number])) is not None and at[0] < limit:
                    span = one.take(*at)
                    if span is not None:
                        found[span] = None
                    places[number] = span[1] if span else at[0] + len(at[1])
                following.add(at)
            if len(following) <= 1:
                return next((at[0] for at in following if at is not None), len(text))
            limit = max(at[0] + len(at[1]) for at in following if at is not None)


def _remembered(memo: dict[int, tuple[int, str] | None], text: str, index: int) -> tuple[int, str] | None:
    if index not in memo:
        memo[index] = _next(text, index)
    return memo[index]
