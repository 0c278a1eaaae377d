"""Is a person or a secret left in a text? A second opinion that shares no code with the scrubber. Pure.

It is narrower than any sane scrubber: every hit is something a scrubber had to take out, so one hit halts a table. It
misses much (names, phones, bare addresses of machines); it must not cry wolf. What it knows:

* e-mail addresses under a common public suffix; not `example` domains (RFC 2606), not role addresses such as `git@`
* private-key blocks with a body; tokens of a known prefix *and* length; JWTs whose header decodes
* payment cards: issuer prefix, length, Luhn digit (ISO/IEC 7812-1), not a published test number; ASCII's digits
* US social security numbers in ranges that were ever issued; IBANs of the right length and checksum (ISO 13616)
* canaries: identities a test planted, as substrings in any letter case

Texts may be JSON: escapes are resolved before looking, so that the `n` of a line break does not hide a word's start.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import string
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from quality.numbers import CARDS, SSN, Numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    Counts = npt.NDArray[np.int64]


def _label_but(word: str) -> str:
    """For the first label of a domain, whatever it is but `word`: Polars' expressions cannot look ahead."""
    letter = "[A-Za-z0-9-]"
    shorter = (word[:n] + r"\." for n in range(1, len(word)))
    other = (f"{word[:n]}[{''.join(c for c in _LETTERS if c != word[n])}-]{letter}*\\." for n in range(len(word)))
    return f"(?:{'|'.join((*shorter, *other))}|{word}{letter}+\\.)"


_LETTERS = string.ascii_letters + string.digits
# Of the countries whose accounts are common, and how long an account is.
_IBAN_SHAPES = (
    "AT20 BE16 BG22 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GB22 GR27 HR21 HU28 IE22 IS26 IT27 LI21 LT20 LU20 "
    "LV21 MC27 MT31 NL18 NO15 PL28 PT25 RO24 SE24 SI19 SK24 TR26 UA29 AE23 SA24 IL23"
)
_COUNTRIES = "|".join(shape[:2] for shape in _IBAN_SHAPES.split())
# Over whole columns: a text is only read for the kinds of which it shows the sign, and most texts show none (not even
# by an address at example.com). Each is looked for by itself: their first letters are found many bytes at a time, and
# those of all together would not be. Signs of numbers have a file of their own, `quality.numbers`.
_SIGNS = {
    "mail": rf"@{_label_but('example')}(?:[A-Za-z0-9-]+\.){{0,4}}[A-Za-z]{{2}}",
    "secret": r"-----BEGIN|AKIA|ASIA|gh[pousr]_|github_pat_|xox[abprs]-|[sr]k_live_|glpat-|AIza|eyJ[A-Za-z0-9_-]{10}",
    "escape": r"\\u",
    "account": rf"(?:{_COUNTRIES})[0-9]{{2}} ?[A-Z0-9]{{4}} ?[A-Z0-9]{{4}}",
}

_PLAIN = re.compile(r"[a-z0-9 @._'-]+")
_FOLDS = [c for c in map(chr, range(0x80, 0x10000)) if c.casefold().isascii()]
_CANARIES_AT_ONCE = 1_000  # an expression of Polars has room for some 3,000
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|([nrtbf"/\\]))')
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " "}

# Suffixes that are no attribute names of a programming language (`a@np.io` is a matrix product, hence no `io`).
_SUFFIX = re.compile(r"com|net|org|edu|gov|mil|de|fr|uk|nl|ch|at|eu|jp|cn|br|au|ca|se|dk|fi|pl|cz|ru", re.IGNORECASE)
_MAIL = re.compile(
    r"@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,5})([A-Za-z]{2,6})(?![A-Za-z0-9_(]|-\w|\.\w)"
)
_LOCAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]{1,63}\Z")
_ROLES = frozenset({"git", "hg", "svn", "noreply", "no-reply"})

_KEY_BLOCK = re.compile(
    r"-----BEGIN (?:[A-Z]{2,9} ){0,2}PRIVATE KEY(?: BLOCK)?-----\s+(?:[^\n]{1,80}: [^\n]*\n|\s)*[A-Za-z0-9+/=]{40}"
)
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9_-])(?:"
    r"(?:AKIA|ASIA)[A-Z2-7]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{36}"
    r"|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"
    r"|xox[abprs]-[0-9]{10,13}-[0-9A-Za-z-]{20,80}"
    r"|[sr]k_live_[A-Za-z0-9]{24,99}"
    r"|glpat-[A-Za-z0-9_-]{20}"
    r"|AIza[A-Za-z0-9_-]{35}"
    r")(?![A-Za-z0-9_-])"
)
# A real key of these lengths has more distinct characters; `ghp_xxxxxxxx…` and `AKIA0000…` are somebody's example.
_DISTINCT = 9
_JWT = re.compile(r"(?<![A-Za-z0-9_-])(eyJ[A-Za-z0-9_-]{10,2000})\.eyJ[A-Za-z0-9_-]{10,8000}\.[A-Za-z0-9_-]{20,2000}")

# Not after another group of digits: an IBAN holds groups that look like a card.
_CARD = re.compile(
    r"(?<![\w.+-])(?<![0-9] )"
    r"(?:[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{4}|[0-9]{4}([ -])[0-9]{6}\2[0-9]{5}|[0-9]{15,16})(?![\w+-]|\.\d)"
)
# Visa, Mastercard (both ranges), American Express, Discover.
_ISSUER = re.compile(
    r"4\d{15}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|6(?:011|5\d\d)\d{12}"
)
# Published by networks and processors for tests; a processor's whole range 4000 0000 … among them.
_NUMBERS = (
    "4111111111111111 4242424242424242 4012888888881881 4000056655665556 4917484589897107 4001919257537193 "
    "4007702835532454 4263982640269299 5555555555554444 5105105105105100 5200828282828210 5425233430109903 "
    "2223003122003222 2222420000001113 378282246310005 371449635398431 378734493671000 374245455400126 "
    "6011111111111117 6011000990139424 6011000000000004 3530111333300000 3566002020360505"
)
_TEST_CARD = re.compile("|".join((*_NUMBERS.split(), r"40000000\d{8}")))
_SSN = re.compile(r"(?<![\w.+-])(?!000|666|9)[0-9]{3}-(?!00)[0-9]{2}-(?!0000)[0-9]{4}(?![\w+-]|\.\d)")
_NO_SSN = frozenset({"078-05-1120", "219-09-9999", "123-45-6789", "111-11-1111", "222-22-2222", "333-33-3333"})
_IBAN = re.compile(r"(?<![\w-])([A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?)(?![\w-])")


def count(text: str, canaries: Sequence[str] = ()) -> int:
    """How many personal values or secrets are left in `text`."""
    return scan([text], canaries)[0]


def scan(column: Any, canaries: Sequence[str] = ()) -> list[int]:
    """`count` of every text of an Arrow column or a sequence; null counts 0."""
    texts = column if isinstance(column, (pa.Array, pa.ChunkedArray)) else pa.array(map(_utf8, column), pa.string())
    found: list[int] = counts(texts, canaries).tolist()
    return found


def counts(texts: Any, canaries: Sequence[str] = ()) -> Counts:
    """`scan` of an Arrow column, as an array."""
    found: Counts = np.zeros(len(texts), dtype=np.int64)
    if not len(texts):
        return found
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    folded = tuple(c.casefold() for c in canaries if c)
    planted = _canary_signs(folded)
    shown = _shown(texts, _SIGNS | planted)
    shown["number"] = _numbered(texts, shown.pop("escape"))
    shown["canary"] = np.unique(np.concatenate([np.empty(0, np.int64), *map(shown.pop, planted)]))
    for kind, rows in shown.items():
        for row, text in zip(rows.tolist(), texts.take(pa.array(rows)).to_pylist(), strict=True):
            if text is not None:
                found[row] += _planted(text, folded) if kind == "canary" else sum(1 for _ in _leaks(kind, text))
    return found


def _shown(texts: Any, signs: Mapping[str, str]) -> dict[str, Counts]:
    """For each sign, the texts that show it."""
    frame = pl.DataFrame({"text": cast("pl.Series", pl.from_arrow(texts))})
    shows = frame.select(pl.col("text").str.contains(sign).alias(kind) for kind, sign in signs.items())
    return {kind: pc.indices_nonzero(shows[kind].to_arrow()).to_numpy().astype(np.int64) for kind in signs}


def _numbered(texts: Any, escaped: Counts) -> Counts:
    """Texts with a valid card or number, and those where it may have a digit that is written as an escape."""
    numbers = Numbers(texts)
    cards = (numbers.written(form, _is_card) for form in CARDS)
    hidden = np.intersect1d(numbers.rows(), escaped)
    return np.unique(np.concatenate([*cards, numbers.written(SSN, _is_ssn), hidden]))


def _canary_signs(folded: Sequence[str]) -> dict[str, str]:
    """One of them every text shows in which a canary may stand, in any letter case or behind an escape."""
    if not all(map(_PLAIN.fullmatch, folded)):
        return {"canaries": ""}
    parts = (folded[at : at + _CANARIES_AT_ONCE] for at in range(0, len(folded), _CANARIES_AT_ONCE))
    # One letter of a text may fold to two of ours; what an escape hides is looked at in full.
    rest = rf"{'|'.join(_FOLDS)}|\\u"
    return {f"canaries {n}": rf"(?i:{'|'.join(map(re.escape, part))})|{rest}" for n, part in enumerate(parts)}


def _utf8(text: str | None) -> str | None:
    """Half a surrogate pair cannot be a column's text, nor anybody's."""
    return None if text is None else text.encode("utf-8", "replace").decode()


def _leaks(kind: str, raw: str) -> Iterator[str]:
    """A word for every hit; never the hit itself."""
    if kind == "mail":
        yield from _mails(raw)
        return
    text = _unescape(raw)
    if kind == "secret":
        yield from ("private_key" for _ in _KEY_BLOCK.finditer(text))
        yield from ("token" for m in _TOKEN.finditer(text) if _random(m.group()))
        yield from ("jwt" for m in _JWT.finditer(text) if _is_jwt_header(m.group(1)))
    elif kind == "number":
        yield from ("card" for m in _CARD.finditer(text) if _is_card(m.group()))
        yield from ("ssn" for m in _SSN.finditer(text) if _is_ssn(m.group()))
    else:
        yield from ("iban" for m in _IBAN.finditer(text) if _is_iban(m.group(1)))


def _mails(text: str) -> Iterator[str]:
    for match in _MAIL.finditer(text):
        labels = match.group(1).lower().rstrip(".").split(".")
        if not _SUFFIX.fullmatch(match.group(2)) or "example" in labels:
            continue
        if len(labels[-1]) < 2 or labels[-1].isdigit():  # noqa: PLR2004 - one letter is a variable: `w@x.de`
            continue
        local = _LOCAL.search(text, max(0, match.start() - 64), match.start())
        if local is None:
            continue
        name = local.group().lower()
        if text[local.start() - 1 : local.start()] == "\\" and name[0] in "nrtbf":
            name = name[1:]  # it was the letter of an escape
        if len(name) > 1 and name not in _ROLES:
            yield "email"


def _random(token: str) -> bool:
    return len(set(token)) >= _DISTINCT and "EXAMPLE" not in token.upper()


def _is_jwt_header(part: str) -> bool:
    try:
        header = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return False
    return isinstance(header, dict) and "alg" in header


def _is_card(written: str) -> bool:
    digits = written.replace(" ", "").replace("-", "")
    return (
        _ISSUER.fullmatch(digits) is not None
        and _TEST_CARD.fullmatch(digits) is None
        and len(set(digits)) > 3  # noqa: PLR2004 - `4444 4444 4444 4448` is made up
        and _luhn(digits)
    )


def _is_ssn(written: str) -> bool:
    return _SSN.fullmatch(written) is not None and written not in _NO_SSN


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)  # noqa: PLR2004 - the two digits' sum
    return total % 10 == 0


def _is_iban(text: str) -> bool:
    iban = text.replace(" ", "")
    if f"{iban[:2]}{len(iban)}" not in _IBAN_SHAPES:
        return False
    return int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1


def _planted(text: str, folded: Iterable[str]) -> int:
    plain = text.casefold()
    resolved = _unescape(text).casefold()
    return sum(1 for canary in folded if canary in plain or canary in resolved)


def _unescape(text: str) -> str:
    return _ESCAPE.sub(_resolve, text) if "\\" in text else text


def _resolve(match: re.Match[str]) -> str:
    code, letter = match.groups()
    if code:
        return chr(int(code, 16))
    return _ESCAPED.get(letter, letter)
