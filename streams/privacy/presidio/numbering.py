"""Is a string of digits a phone number in a region? `python-phonenumbers`' answer, without parsing.

For a candidate of digits and plain punctuation the library's `parse` and its check for valid numbers depend on the
digits and on a leading plus sign only. `Region.valid` takes the same steps over the library's own tables: strip the
prefix for calls abroad or the country's own code, strip the national prefix, choose the region among those that share
the code, and match the digits against its types of number. Only the last question, whether a national prefix had to be
written, is put to the library, and only where the region's formats ask for one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    CountryCodeSource,
    PhoneMetadata,
    PhoneNumber,
    region_code_for_country_code,
)
from phonenumbers import phonenumbermatcher as matcher
from phonenumbers import phonenumberutil as util

_SHORTEST, _LONGEST = util._MIN_LENGTH_FOR_NSN, util._MAX_LENGTH_FOR_NSN  # noqa: SLF001 - the library's own limits
_CODE_DIGITS = 3  # of a country calling code
_TYPES = (
    *("premium_rate", "toll_free", "shared_cost", "voip", "personal_number"),
    *("pager", "uan", "voicemail", "fixed_line", "mobile"),
)


class _Description:
    """A type of number: the lengths it has and an expression over the digits."""

    def __init__(self, lengths: tuple[int, ...], pattern: str | None) -> None:
        self._lengths = frozenset(lengths)
        self._match = re.compile(pattern).fullmatch if pattern else None

    def holds(self, digits: str) -> bool:
        return bool((not self._lengths or len(digits) in self._lengths) and self._match and self._match(digits))


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
        self.asks_for_prefix = any(one.national_prefix_formatting_rule for one in metadata.number_format)

    def is_number(self, digits: str) -> bool:
        return self.general.holds(digits) and any(one.holds(digits) for one in self.types)

    def without_prefix(self, digits: str) -> str:
        """The digits without the national prefix, where the rest is as good a number as the whole."""
        match = self.prefix.match(digits) if self.prefix and digits else None
        if match is None or self.prefix is None:
            return digits
        if self.transform and match.groups() and match.groups()[-1] is not None:
            # The tables write groups as `$1` or `\1`; the library hands them to `re` as they are.
            rest = self.prefix.sub(self.transform, digits, count=1)
        elif self.transform and not match.groups():
            return digits  # never in the tables; the library would fail
        else:
            rest = digits[match.end() :]
        return digits if self.plain.holds(digits) and not self.plain.holds(rest) else rest

    def too_long(self, digits: str) -> bool:
        size = len(digits)
        return size not in self.local and size > self.lengths[0] and size > self.lengths[-1]

    def possible(self, digits: str) -> bool:
        """Whether the length is one at which the national prefix may be taken off."""
        size = len(digits)
        if size in self.local or size < self.lengths[0]:
            return False
        return size in self.lengths or size > self.lengths[-1]


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


class Region:
    """Numbers as written in one region. Raises `ValueError` for a region that the library has no tables of."""

    def __init__(self, name: str) -> None:
        metadata = PhoneMetadata.metadata_for_region(name, None)
        if metadata is None:
            raise ValueError(f"phones: a region of python-phonenumbers' is needed; {name!r} is none; correct the name")
        self.name = name
        self._home = _Territory(metadata)

    def valid(self, digits: str, *, plus: bool) -> bool:
        """Whether the matcher, at its leniency VALID, takes the digits for a number.

        Args:
            digits: ASCII, at least three.
            plus: whether a plus sign stands before them.
        """
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
        if not _SHORTEST <= len(national) <= _LONGEST:
            return False
        if not _known(code, _significant(national)):
            return False
        return not default or self._written_as_it_must(code, national, digits)

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

    def _written_as_it_must(self, code: int, national: str, digits: str) -> bool:
        main = _territory(code, region_code_for_country_code(code))
        if main is None or not main.asks_for_prefix:
            return True
        number = PhoneNumber(
            country_code=code,
            raw_input=digits,
            country_code_source=CountryCodeSource.FROM_DEFAULT_COUNTRY,
        )
        util._set_italian_leading_zeros_for_phone_number(national, number)  # noqa: SLF001 - as `parse` does
        number.national_number = int(national)
        return bool(matcher._is_national_prefix_present_if_required(number))  # noqa: SLF001 - there is no other way


def _code_of(digits: str) -> tuple[int, str] | None:
    if digits.startswith("0"):
        return None
    for size in range(1, min(len(digits), _CODE_DIGITS) + 1):
        code = int(digits[:size])
        if code in COUNTRY_CODE_TO_REGION_CODE:
            return code, digits[size:]
    return None


def _significant(national: str) -> str:
    """The digits as they come back from the library's number object: leading zeros are kept but for one case."""
    if len(national) > 1 and national.startswith("0"):
        zeros = min(len(national) - len(national.lstrip("0")), len(national) - 1)
        return "0" * zeros + str(int(national))
    return str(int(national))


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
