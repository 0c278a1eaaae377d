"""Is a string of digits a phone number in a region? `python-phonenumbers`' answer, without parsing.

For a candidate of digits and plain punctuation the library's `parse` and its check for valid numbers depend on the
digits and on a leading plus sign only. `Region.valid` takes the same steps over the library's own tables: strip the
prefix for calls abroad or the country's own code, strip the national prefix, choose the region among those that share
the code, match the digits against its types of number, and look whether the national prefix had to be written. Before
that, one expression per region says of most digits that they are no number there in any of these ways.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, region_code_for_country_code
from phonenumbers import phonenumberutil as util

_SHORTEST, _LONGEST = util._MIN_LENGTH_FOR_NSN, util._MAX_LENGTH_FOR_NSN  # noqa: SLF001 - the library's own limits
_CODE_DIGITS = 3  # of a country calling code
_BACK_REFERENCE = re.compile(r"\\[0-9]").fullmatch
_NO_PREFIX = util._FIRST_GROUP_ONLY_PREFIX_PATTERN.fullmatch  # noqa: SLF001 - a format that only sets signs around it
_TYPES = (
    *("premium_rate", "toll_free", "shared_cost", "voip", "personal_number"),
    *("pager", "uan", "voicemail", "fixed_line", "mobile"),
)


Match = Callable[[str], re.Match[str] | None]


class _Description:
    """A type of number: the lengths it has and an expression over the digits."""

    def __init__(self, lengths: tuple[int, ...], pattern: str | None) -> None:
        self._lengths = frozenset(lengths)
        self._pattern = pattern
        self._match: Match | None = None  # compiled when it is needed: of most types of number none is ever asked about

    def holds(self, digits: str) -> bool:
        if not self._pattern or (self._lengths and len(digits) not in self._lengths):
            return False
        if self._match is None:
            self._match = re.compile(self._pattern).fullmatch
        return self._match(digits) is not None


class _Territory:
    """The numbering plan of one region, or of one calling code that is no region's."""

    def __init__(self, metadata: PhoneMetadata) -> None:
        general: Any = metadata.general_desc
        self.code = int(metadata.country_code or 0)
        self.leading = re.compile(metadata.leading_digits).match if metadata.leading_digits is not None else None
        self.general = _Description(general.possible_length, general.national_number_pattern)
        self.plain = _Description((), general.national_number_pattern)
        described = [getattr(metadata, kind) for kind in _TYPES]
        self.types = [_Description(d.possible_length, d.national_number_pattern) for d in described if d is not None]
        self.lengths = tuple(general.possible_length)
        self.local = frozenset(general.possible_length_local_only)
        prefix = metadata.national_prefix_for_parsing
        self.prefix = re.compile(prefix) if prefix else None
        self.transform = metadata.national_prefix_transform_rule
        abroad = metadata.international_prefix
        self.abroad = re.compile(abroad).match if abroad is not None else None
        self.abroad_as = abroad
        self.prefix_as = prefix
        self.types_as = [d.national_number_pattern for d in described if d is not None and d.national_number_pattern]
        self._metadata = metadata
        # Without a format that asks for the national prefix none need be looked at.
        self._formats = [_format(one) for one in metadata.number_format] if any(self.formats_as(asks=True)) else []

    def is_number(self, digits: str) -> bool:
        return self.general.holds(digits) and any(one.holds(digits) for one in self.types)

    def without_prefix(self, digits: str) -> str:
        """The digits without the national prefix, where the rest is as good a number as the whole."""
        stripped = self._stripped(digits)
        return digits if stripped is None else stripped

    def _stripped(self, digits: str) -> str | None:
        match = self.prefix.match(digits) if self.prefix and digits else None
        if match is None or self.prefix is None:
            return None
        if self.transform and match.groups() and match.groups()[-1] is not None:
            # The tables write groups as `$1` or `\1`; the library hands them to `re` as they are.
            rest = self.prefix.sub(self.transform, digits, count=1)
        elif self.transform and not match.groups():
            return None  # never in the tables; the library would fail
        else:
            rest = digits[match.end() :]
        return None if self.plain.holds(digits) and not self.plain.holds(rest) else rest

    def formats_as(self, *, asks: bool) -> list[str]:
        """Expressions for the formats that ask for the national prefix, or for those that do not."""
        return [
            f"(?={one.leading_digits_pattern[-1]}){one.pattern}" if one.leading_digits_pattern else str(one.pattern)
            for one in self._metadata.number_format
            if _asks(one) == asks
        ]

    def written_as_it_must(self, national: str, digits: str) -> bool:
        """Whether the national prefix stands in the digits, if the format of the number asks for it."""
        for leading, whole, asks in self._formats:
            if (leading is None or leading(national)) and whole(national):
                return not asks or self._stripped(digits) is not None
        return True

    def too_long(self, digits: str) -> bool:
        size = len(digits)
        return size not in self.local and size > self.lengths[0] and size > self.lengths[-1]

    def possible(self, digits: str) -> bool:
        """Whether the length is one at which the national prefix may be taken off."""
        size = len(digits)
        if size in self.local or size < self.lengths[0]:
            return False
        return size in self.lengths or size > self.lengths[-1]


def _asks(written: Any) -> bool:
    rule = written.national_prefix_formatting_rule
    return bool(rule and not written.national_prefix_optional_when_formatting and not _NO_PREFIX(rule))


def _format(written: Any) -> tuple[Match | None, Match, bool]:
    """Digits that it begins with, the whole number, and whether it asks for the national prefix."""
    leading = written.leading_digits_pattern
    return re.compile(leading[-1]).match if leading else None, re.compile(written.pattern).fullmatch, _asks(written)


@lru_cache(maxsize=1024)
def _territory(code: int, region: str | None) -> _Territory | None:
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region or "")
    return _Territory(metadata) if metadata is not None else None


@lru_cache(maxsize=1024)
def _sharing(code: int) -> tuple[tuple[str, _Territory], ...]:
    """The regions of a calling code in the order in which the library asks them."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(code, ())
    found = [(region, _territory(code, region)) for region in regions]
    return tuple((region, one) for region, one in found if one is not None)


@lru_cache(maxsize=1)
def read_all() -> None:
    """Read the library's tables now, which takes 0.3 s, and not when a text has the first number of a country."""
    for code in COUNTRY_CODE_TO_REGION_CODE:
        _sharing(code)
        _territory(code, region_code_for_country_code(code))


class Region:
    """Numbers as written in one region.

    Attributes:
        ways: an expression that holds of all digits that are a number, and of few others.

    Raises:
        ValueError: for a region that the library has no tables of.
    """

    def __init__(self, name: str) -> None:
        metadata = PhoneMetadata.metadata_for_region(name, None)
        if metadata is None:
            raise ValueError(f"phones: a region of python-phonenumbers' is needed; {name!r} is none; correct the name")
        self.name = name
        self._home = _Territory(metadata)
        code = self._home.code
        leads = _territory(code, region_code_for_country_code(code)) or self._home
        self.ways = _any_way(self._home, leads)
        self._may = re.compile(self.ways).fullmatch
        self._prefixed = re.compile(_with_prefix_if_asked(self._home, leads)).match

    def valid(self, digits: str, *, plus: bool) -> bool:
        """Whether the matcher, at its leniency VALID, takes the digits for a number.

        Args:
            digits: ASCII, at least three.
            plus: whether a plus sign stands before them.
        """
        if not plus and not (self._may(digits) and self._prefixed(digits)):
            return False
        split = self._split(digits, plus=plus)
        if split is None:
            return False
        code, national, default = split
        main = region_code_for_country_code(code)
        plan = self._home if main == self.name or default else _territory(code, main)
        if plan is None or len(national) < _SHORTEST:
            return False
        bare = plan.without_prefix(national)
        if plan.possible(bare):
            national = bare
        if not _SHORTEST <= len(national) <= _LONGEST or not _known(code, national):
            return False
        leads = _territory(code, main) if default else None
        return leads is None or leads.written_as_it_must(national, digits)

    def _split(self, digits: str, *, plus: bool) -> tuple[int, str, bool] | None:
        """Country code, the rest, and whether the code is just this region's own, not written; None if unreadable."""
        rest = None if plus else self._from_abroad(digits)
        if plus or rest is not None:
            whole = digits if rest is None else rest
            if len(whole) <= _SHORTEST:
                return None
            found = _code_of(whole)
            if found is not None:
                return (*found, False)
            if not plus:
                return None
            # The library tries once more without the plus sign, if a code is then written.
            again = self._split(digits, plus=False)
            return again if again is not None and not again[2] else None
        home = self._home
        own = str(home.code)
        if digits.startswith(own):
            shorter = home.without_prefix(digits[len(own) :])
            if (not home.plain.holds(digits) and home.plain.holds(shorter)) or home.too_long(digits):
                return home.code, shorter, False
        return home.code, digits, True

    def _from_abroad(self, digits: str) -> str | None:
        match = self._home.abroad(digits) if self._home.abroad else None
        if match is None or digits[match.end() : match.end() + 1] == "0":
            return None
        return digits[match.end() :]


def _code_of(digits: str) -> tuple[int, str] | None:
    if digits.startswith("0"):
        return None
    for size in range(1, min(len(digits), _CODE_DIGITS) + 1):
        code = int(digits[:size])
        if code in COUNTRY_CODE_TO_REGION_CODE:
            return code, digits[size:]
    return None


def _any_way(home: _Territory, leads: _Territory) -> str:
    """An expression for every string of digits that can be a number as written in a region.

    Args:
        home: the region.
        leads: the first of those that share its code.
    """
    national = "|".join(dict.fromkeys(one for _, plan in _sharing(home.code) for one in plan.types_as))
    prefix = _prefix(home, leads)
    ways = [f"(?:{home.code})?{prefix}{{0,2}}(?:{national})"]
    transforms = [plan.transform for plan in (home, leads) if plan.transform]
    if transforms:
        # What a transformation makes of the digits is not foretold, but for a part of them it needs enough of them.
        least = min(leads.lengths) if all(map(_BACK_REFERENCE, transforms)) else 0
        ways.append(f"(?=[0-9]{{{least},}})(?:{home.code})?{prefix}[0-9]*")
    if home.abroad_as is not None:
        ways.append(f"(?:{home.abroad_as})[0-9]*")
    return "|".join(ways)


def _with_prefix_if_asked(home: _Territory, leads: _Territory) -> str:
    """An expression that finds nothing at the start of digits that are no number for want of a national prefix."""
    asking, others = (f"(?:{'|'.join(leads.formats_as(asks=asks)) or '(?!)'})\\Z" for asks in (True, False))
    abroad = "(?!)" if home.abroad_as is None else home.abroad_as
    # If no format fits but such as ask for a prefix, the first that fits does.
    return f"{_prefix(home, leads)}|{home.code}|{abroad}|(?!{asking})|(?={others})"


def _prefix(home: _Territory, leads: _Territory) -> str:
    return f"(?:{'|'.join(dict.fromkeys(plan.prefix_as for plan in (home, leads) if plan.prefix_as)) or '(?!)'})"


def _known(code: int, digits: str) -> bool:
    """Whether the digits are a number of one of the regions that share the code."""
    plans = _sharing(code)
    if len(plans) == 1:
        return plans[0][1].is_number(digits)
    for _, plan in plans:
        if plan.leading is not None:
            if plan.leading(digits):
                return plan.is_number(digits)
        elif plan.is_number(digits):
            return True
    return False
