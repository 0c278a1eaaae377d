"""Phone numbers as Presidio finds them: python-phonenumbers for many regions at the price of one.

`PhoneNumberMatcher` searches a text for candidates once per region with one and the same expression, and parses each of
them once per region: half of stock Presidio's time. `RegionMatchers` searches once, works out once which parts of a
candidate could be a number anywhere, and has a region parse only digits that fit its numbering plan. Its findings are
those of Presidio's recogniser, one for one; the matcher's own order of search is kept, as every match moves it on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from phonenumbers import (
    PhoneMetadata,
    PhoneNumberMatch,
    PhoneNumberMatcher,
    country_code_for_region,
    region_codes_for_country_code,
)
from phonenumbers import phonenumbermatcher as matcher

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def _own(name: str) -> re.Pattern[str]:
    """An expression of the matcher's that is not public: with any other, the findings would differ."""
    pattern: re.Pattern[str] = getattr(matcher, name)
    return pattern


_CANDIDATE = _own("_PATTERN")
_SECOND = _own("_SECOND_NUMBER_START_PATTERN")
_UNWANTED = _own("_UNWANTED_END_CHAR_PATTERN")
_SLASHED_DATES = _own("_SLASH_SEPARATED_DATES")
_STAMP, _STAMP_REST = _own("_TIME_STAMPS"), _own("_TIME_STAMPS_SUFFIX")
_INNER: tuple[re.Pattern[str], ...] = matcher._INNER_MATCHES  # noqa: SLF001 - likewise
_NO_DIGITS = re.compile(r"\D+")
_ODD = frozenset("xXeE#;,=+~")  # signs of an extension or of a country code: the digits alone do not say enough
_FEWEST = 4  # no region that Presidio asks for has valid numbers of fewer digits
_MOST = 15  # digits, E.164; a longer candidate may have been cut at the matcher's own limits
_ENOUGH = re.compile(rf"(?:\d[^\w\n]{{0,8}}){{{_FEWEST}}}")
# Every type of number that counts as valid.
_TYPES = (
    *("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost"),
    *("voip", "personal_number", "pager", "uan", "voicemail"),
)
_MEMO = 20_000  # digit strings per region; a log's timestamps and ids come back in every text


class _Part(NamedTuple):
    """A part of a candidate that may be a number; `digits` is None where a region has to look at the part itself."""

    text: str
    offset: int
    digits: str | None


class _Candidates:
    """Candidates of one text, found once. `after(i)` is what the matcher's own search from `i` gives."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.settled: set[int] = set()  # starts of candidates that some region has taken whole
        self._seen: dict[int, tuple[int, str, bool] | None] = {}
        self._parts: dict[tuple[int, str], list[_Part]] = {}

    def after(self, index: int) -> tuple[int, str, bool] | None:
        """Start and text of the next candidate, and whether it ends where the search ended."""
        if index not in self._seen:
            match = _CANDIDATE.search(self.text, index)
            if match is None:
                self._seen[index] = None
            else:
                number = match.group()
                second = _SECOND.search(number)
                self._seen[index] = (match.start(), number[: second.start()] if second else number, second is None)
        return self._seen[index]

    def parts(self, start: int, number: str) -> list[_Part]:
        """What `PhoneNumberMatcher._extract_match` tries to parse, in its order, without what fails everywhere."""
        key = (start, number)
        if key not in self._parts:
            stamp = _STAMP.search(number) and _STAMP_REST.match(self.text, start + len(number))
            tries = () if stamp or _SLASHED_DATES.search(number) else dict.fromkeys(_tries(number, start))
            self._parts[key] = [part for part in tries if part.digits is None or len(part.digits) >= _FEWEST]
        return self._parts[key]


def _tries(number: str, start: int) -> Iterator[_Part]:
    yield _part(number, start)
    for inner in _INNER:
        match, first = inner.search(number), True
        while match:
            if first:
                yield _part(_cut(number[: match.start()]), start)
                first = False
            yield _part(_cut(match.group(1)), start + match.start(1))
            match = inner.search(number, match.start() + 1)


def _cut(group: str) -> str:
    unwanted = _UNWANTED.search(group)
    return group[: unwanted.start()] if unwanted else group


def _part(text: str, offset: int) -> _Part:
    plain = text.isascii() and _ODD.isdisjoint(text)
    return _Part(text, offset, _NO_DIGITS.sub("", text) if plain else None)


class _Plan:
    """A region's numbering plan as one expression over digits: a superset of what is valid there."""

    def __init__(self, region: str) -> None:
        self.region = region
        metadata = PhoneMetadata.metadata_for_region(region, None)
        # A number with the country's code in front may belong to a sister region (+1 is the US, Canada and others).
        sisters = region_codes_for_country_code(country_code_for_region(region))
        plans = [metadata, *(PhoneMetadata.metadata_for_region(sister, None) for sister in sisters)]
        described = [getattr(plan, kind) for plan in plans if plan for kind in _TYPES]
        patterns = dict.fromkeys(d.national_number_pattern for d in described if d and d.national_number_pattern)
        # Up to six digits in front: national prefix, carrier code, country code.
        self._valid = re.compile(r"\d{0,6}?(?:" + "|".join(f"(?:{p})" for p in patterns) + ")").fullmatch
        self._abroad = re.compile((metadata.international_prefix if metadata else None) or r"(?!)").match
        self._memo: dict[str, bool] = {}

    def fits(self, digits: str) -> bool:
        known = self._memo.get(digits)
        if known is None:
            known = self._valid(digits) is not None or self._abroad(digits) is not None
            if len(self._memo) >= _MEMO:
                self._memo.clear()
            self._memo[digits] = known
        return known


class _Matcher(PhoneNumberMatcher):
    """The library's matcher over shared candidates."""

    def __init__(self, candidates: _Candidates, plan: _Plan, leniency: int) -> None:
        super().__init__(candidates.text, plan.region, leniency=leniency)
        self._candidates = candidates
        self._plan = plan

    def _find(self, index: int) -> PhoneNumberMatch | None:
        candidate = self._candidates.after(index)
        while candidate is not None:
            start, number, whole = candidate
            if start not in self._candidates.settled:
                match = self._extract_match(number, start)
                if match is not None:
                    if whole and match.start == start and match.end == start + len(number) and len(number) <= _MOST:
                        # Whatever another region finds in here is inside of this, and removed as a duplicate.
                        self._candidates.settled.add(start)
                    return match
            candidate = self._candidates.after(start + len(number))
        return None

    def _extract_match(self, candidate: str, offset: int) -> PhoneNumberMatch | None:
        for text, at, digits in self._candidates.parts(offset, candidate):
            if digits is None or self._plan.fits(digits):
                match = self._parse_and_verify(text, at)
                if match is not None:
                    return match
        return None


class RegionMatchers:
    """`PhoneNumberMatcher` of several regions over one text."""

    def __init__(self, regions: Sequence[str], leniency: int) -> None:
        self._leniency = leniency
        self._plans = [_Plan(region) for region in regions]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the matchers find a number, without repeats; what lies inside another finding may be left out."""
        if not _ENOUGH.search(text):
            return []
        candidates = _Candidates(text)
        found: dict[tuple[int, int], None] = {}
        for plan in self._plans:
            for match in _Matcher(candidates, plan, self._leniency):
                found[(match.start, match.end)] = None
        return list(found)
