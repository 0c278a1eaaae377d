"""Telephone numbers that ring nowhere: the ranges that regulators keep for films and books. Pure.

* +1: 555-0100 to 555-0199 in every area (ATIS-0300115, reserved for fictional use)
* +44: Ofcom, "Telephone numbers for use in TV and radio drama programmes"
* +33: Arcep, decision 2018-0881, 2.5.12, numbers for audiovisual works
* +49: Bundesnetzagentur, Mitteilung 148/2021, numbers for media productions
* +61: ACMA, "Phone numbers for use in TV shows, films and creative works"

Other countries keep none, or none that is known here; their numbers have no natural surrogate. Ranges are small: 100
lines for a local North American number, 1,000 for a British mobile, 30 for an Australian one. Two numbers of one
interaction can get the same.
"""

from __future__ import annotations

import re
from typing import NamedTuple

DIGIT = re.compile(r"\d")
_PLUS_ONE = "1"
_NANP = 10  # digits of an area code and a number
_LOCAL = 7


class Plan(NamedTuple):
    """Fictional numbers of a country without trunk prefix, as digits and how many follow; mobiles by their start."""

    lines: tuple[tuple[str, int], ...]
    mobile_start: tuple[str, ...]
    mobiles: tuple[tuple[str, int], ...]


def _ranges(prefixes: str, free: int) -> tuple[tuple[str, int], ...]:
    return tuple((prefix, free) for prefix in prefixes.split())


PLANS: dict[str, Plan] = {
    "44": Plan(
        _ranges(
            "1134960 1144960 1154960 1164960 1174960 1184960 1214960 1314960 1414960 1514960 1614960 1914980 2079460 "
            "1632960",
            3,
        ),
        ("7",),
        _ranges("7700900", 3),
    ),
    "33": Plan(_ranges("19900 26191 35301 46571 53649", 4), ("6", "7"), _ranges("63998", 4)),
    "49": Plan(
        _ranges("3023125 6990009 4066969 2214710 8999998", 3),
        ("15", "16", "17"),
        (*_ranges("17139200", 2), *_ranges("176040690", 2)),
    ),
    "61": Plan(
        _ranges("25550 27010 35550 37010 75550 77010 85550 87010", 4),
        ("4",),
        _ranges(
            "491570006 491570156 491570157 491570158 491570159 491570110 491570313 491570737 491571266 491571491 "
            "491571804 491572549 491572665 491572983 491573770 491573087 491574118 491574632 491575254 491575789 "
            "491576398 491576801 491577426 491577644 491578957 491578148 491578888 491579212 491579760 491579455",
            0,
        ),
    ),
}
_EXTENSION = re.compile(
    r"(?P<mark>[ \t,;]*(?:\bext(?:ension|n)?\b\.?|x|#)[ \t.:=]*)(?P<number>\d{1,6})\Z", re.IGNORECASE
)
_PAIRS = re.compile(r"\D*0\d(?:[ .\-]\d\d){4}\D*\Z")
_AUSTRALIAN = re.compile(r"\D*(?:04\d\d\D?\d{3}\D?\d{3}|0[2378]\D{1,2}\d{4}\D?\d{4})\D*\Z")
_TRUNK = re.compile(r"\(0\)")


def bare(value: str) -> str:
    """The digits under which spellings of a number are one: no prefix to dial abroad, no +1, no `(0)`."""
    extension = _EXTENSION.search(value)
    number = _TRUNK.sub("", value[: extension.start()] if extension else value)
    digits = _digits(number)
    if digits.startswith("011") and len(digits) > _NANP + 1:
        digits = digits[3:]
    elif digits.startswith("00"):
        digits = digits[2:]
    if len(digits) == _NANP + 1 and digits[0] == _PLUS_ONE:
        digits = digits[1:]
    return digits + (f"x{_digits(extension['number'])}" if extension else "")


def fictional(number: int, value: str) -> str | None:
    """A number that rings nowhere, in the shape of `value` where it fits; None if its country keeps none."""
    extension = _EXTENSION.search(value)
    shape = value[: extension.start()] if extension else value
    number, inner = divmod(number, 1_000_000)
    line = _line(number, shape)
    if line is None or extension is None:
        return line
    digits = len(extension["number"])
    return f"{line}{extension['mark']}{inner % 10**digits:0{digits}d}"


def _line(number: int, shape: str) -> str | None:
    digits = _digits(shape)
    abroad = 0 if "+" in shape else 3 if digits.startswith("011") else 2 if digits.startswith("00") else None
    if abroad is not None and (abroad or _leads(shape)):
        trunk = "0" if _TRUNK.search(shape) else ""
        rest = digits[abroad:]
        if rest.startswith(_PLUS_ONE):
            return _american(number, shape, digits[: abroad + 1], rest[1:])
        for code, plan in PLANS.items():
            if rest.startswith(code):
                own = rest[len(code) + len(trunk) :]
                line = _of(number, plan, own)
                fits = len(line) == len(own)
                return pour(digits[:abroad] + code + trunk + line, shape) if fits else f"+{code} {line}"
        return None
    if digits.startswith("0"):
        return _national(number, shape, digits)
    if len(digits) == _NANP + 1 and digits[0] == _PLUS_ONE:
        return _american(number, shape, _PLUS_ONE, digits[1:])
    return _american(number, shape, "", digits)


def _leads(shape: str) -> bool:
    """True if the `+` is in front of all digits, and not between two numbers."""
    return not DIGIT.search(shape.partition("+")[0])


def _american(number: int, shape: str, before: str, digits: str) -> str | None:
    line, area = f"55501{number % 100:02d}", f"{200 + number // 100 % 789:03d}"
    if len(digits) == _NANP:
        return pour(before + area + line, shape)
    return pour(line, shape) if len(digits) == _LOCAL and not before else None


def _national(number: int, shape: str, digits: str) -> str | None:
    """A number in the manner of its own country, told by its shape: the country itself is not written."""
    own = digits[1:]
    if _PAIRS.match(shape):
        code = "33"
    elif _AUSTRALIAN.match(shape):
        code = "61"
    else:
        german = own.startswith(PLANS["49"].mobile_start) or len(own) != 10  # noqa: PLR2004 - British numbers have ten
        code = "49" if german else "44"
    line = _of(number, PLANS[code], own)
    return pour("0" + line, shape) if len(line) == len(own) else f"0{line}"


def _of(number: int, plan: Plan, own: str) -> str:
    ranges = plan.mobiles if own.startswith(plan.mobile_start) else plan.lines
    number, at = divmod(number, len(ranges))
    prefix, free = ranges[at]
    return prefix + (f"{number % 10**free:0{free}d}" if free else "")


def _digits(text: str) -> str:
    return "".join(str(int(digit)) for digit in DIGIT.findall(text))


def pour(digits: str, shape: str) -> str:
    """`digits` in the place of the digits of `shape`."""
    stream = iter(digits)
    return DIGIT.sub(lambda _: next(stream), shape)


_GAP = r"[^\w<>\n]{0,3}"
_MORE = r"(?:[ \t,;]*(?:ext(?:ension|n)?\.?|x|#)[ \t.:=]*\d{1,6}(?!\d))?"


def _spread(digits: str) -> str:
    return _GAP.join(digits)


def _form(code: str, plan: Plan) -> re.Pattern[str]:
    ranges = sorted({*plan.lines, *plan.mobiles})
    numbers = "|".join(_GAP.join((*prefix, *[r"\d"] * free)) for prefix, free in ranges)
    front = rf"(?:(?:\+{_GAP}|00{_GAP}|011{_GAP})?{_spread(code)}{_GAP}(?:0{_GAP})?|0{_GAP})"
    return re.compile(rf"[(+]{{0,2}}{front}(?:{numbers})(?!\d){_MORE}", re.IGNORECASE)


_AREA = rf"(?:[2-9]{_GAP}\d{_GAP}\d{_GAP})?"
_AMERICAN = re.compile(
    rf"[(+]{{0,2}}(?:(?:\+{_GAP}|00{_GAP}|011{_GAP})?1{_GAP})?{_AREA}{_spread('55501')}{_GAP}\d{_GAP}\d(?!\d){_MORE}",
    re.IGNORECASE,
)
# What has to be among the digits of a text, and the form.
_FORMS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("55501",), _AMERICAN),
    *((tuple(p for p, _ in (*plan.lines, *plan.mobiles)), _form(code, plan)) for code, plan in PLANS.items()),
)
_NO_DIGITS = re.compile(r"\D+")


def written(text: str) -> list[tuple[int, int]]:
    """Where such numbers stand in `text`, however they are grouped."""
    digits = _NO_DIGITS.sub("", text)
    if len(digits) < _LOCAL:
        return []
    return [
        match.span()
        for prefixes, form in _FORMS
        if any(prefix in digits for prefix in prefixes)
        for match in form.finditer(text)
    ]
