"""Cheap necessary conditions: which of Presidio's patterns can match a text at all.

A gate is a much simpler expression that matches wherever its pattern does; where it does not, the pattern is not run.
Gates use the `regex` module with Presidio's own flags, so that both have one idea of what a digit or a letter is. A
pattern that is not in the table (a user's, or one that Presidio has changed) always runs: the key is its very text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import regex  # type: ignore[import-untyped]

_FLAGS = regex.DOTALL | regex.MULTILINE | regex.IGNORECASE

Gate = Callable[[str], bool]


def _has(expression: str, flags: int = _FLAGS) -> Gate:
    search = regex.compile(expression, flags).search
    return lambda text: search(text) is not None


def _with(needle: str, expression: str) -> Gate:
    """As `_has`, for expressions that hold a literal sign: looking for that is much cheaper."""
    search = regex.compile(expression, _FLAGS).search
    return lambda text: needle in text and search(text) is not None


def _all(*needles: str) -> Gate:
    return lambda text: all(needle in text for needle in needles)


_CARD = _has(r"\d{4}[- ]?\d{3,4}[- ]?\d{3,4}")
_SEVEN = _has(r"\d{7}")
_V4 = _with(".", r"[0-9]\.[0-9]{1,3}\.[0-9]")
_colons = _with(":", r"(?:[0-9A-F]{1,4}:){6}")
_MONTH = "(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)"
_SLASHED = _with("/", r"\d/\d")
_DASHED = _with("-", r"\d-\d{1,2}-\d")
_MONTHLY = _with("-", rf"{_MONTH}-\d|\d-{_MONTH}")


def _colons_v6(text: str) -> bool:
    return "::" in text or _colons(text)


_run = _has(r"[a-zA-HJ-NP-Z0-9]{26}")


def _long_word(text: str) -> bool:
    return max(map(len, text.split()), default=0) > 25 and _run(text)  # noqa: PLR2004 - one sign and 25 more


def _v6_with_v4(text: str) -> bool:
    return _colons_v6(text) and _V4(text)


# Recogniser and pattern name -> gate. Why each is necessary can be read off the pattern; the differential test checks.
_GATES: dict[tuple[str, str], Gate] = {
    ("CreditCardRecognizer", "All Credit Cards (weak)"): _CARD,
    ("UsBankRecognizer", "Bank Account (weak)"): _SEVEN,
    ("UsItinRecognizer", "Itin (very weak)"): _has(r"9\d\d[- ]?\d\d[- ]?\d{4}"),
    ("UsItinRecognizer", "Itin (weak)"): _SEVEN,
    ("UsItinRecognizer", "Itin (medium)"): _has(r"\d[- ]\d\d[- ]\d"),
    ("UsPassportRecognizer", "Passport (very weak)"): _SEVEN,
    ("UsPassportRecognizer", "Passport Next Generation (very weak)"): _SEVEN,
    ("UsSsnRecognizer", "SSN4 (very weak)"): _SEVEN,
    ("UsSsnRecognizer", "SSN5 (medium)"): _has(r"[0-9][- .][0-9]{2}[- .][0-9]"),
    ("NhsRecognizer", "NHS (medium)"): _has(r"[0-9]{3}[- ]?[0-9]{3}[- ]?[0-9]{4}"),
    ("CryptoRecognizer", "Crypto (Medium)"): _long_word,
    ("MedicalLicenseRecognizer", "USA DEA Certificate Number (weak)"): _SEVEN,
    ("EmailRecognizer", "Email (Medium)"): _all("@", "."),
    ("IbanRecognizer", "IBAN Generic"): _has(r"[A-Z]{2}[0-9]{2}[ -]?[A-Z0-9]{4}", regex.DOTALL | regex.MULTILINE),
    ("IpRecognizer", "IPv4_mapped"): lambda text: "::" in text and _V4(text),
    ("IpRecognizer", "IPv4_embedded"): _v6_with_v4,
    ("IpRecognizer", "IPv4"): _V4,
    ("IpRecognizer", "IPv6"): _colons_v6,
    ("IpRecognizer", "IPv6_unspecified"): _all("::"),
    ("MacAddressRecognizer", "MAC_COLON_OR_HYPHEN"): _has(r"[0-9A-F]{2}[:-][0-9A-F]{2}[:-]"),
    ("MacAddressRecognizer", "MAC_CISCO_DOT"): _with(".", r"[0-9A-F]{4}\.[0-9A-F]{4}\."),
    ("UuidRecognizer", "UUID (hyphenated)"): _with("-", r"[0-9A-F]{8}-"),
    ("DateRecognizer", "Datetime (yyyy-mm-ddThh:mm[:ss[.f]] with timezone)"): _with(":", r"\dT[0-2]\d:"),
    ("DateRecognizer", "mm/dd/yyyy or mm/dd/yy"): _SLASHED,
    ("DateRecognizer", "dd/mm/yyyy or dd/mm/yy"): _SLASHED,
    ("DateRecognizer", "yyyy/mm/dd"): _SLASHED,
    ("DateRecognizer", "mm-dd-yyyy"): _DASHED,
    ("DateRecognizer", "dd-mm-yyyy"): _DASHED,
    ("DateRecognizer", "yyyy-mm-dd"): _DASHED,
    ("DateRecognizer", "dd.mm.yyyy or dd.mm.yy"): _with(".", r"\d\.\d{1,2}\.\d"),
    ("DateRecognizer", "dd-MMM-yyyy or dd-MMM-yy"): _MONTHLY,
    ("DateRecognizer", "MMM-yyyy or MMM-yy"): _MONTHLY,
    ("DateRecognizer", "dd-MMM or dd-MMM"): _MONTHLY,
    ("DateRecognizer", "mm/yyyy or m/yyyy"): _SLASHED,
    ("DateRecognizer", "mm/yy or m/yy"): _SLASHED,
    ("UrlRecognizer", "Standard Url"): _has("https?://"),
    ("UrlRecognizer", "Non schema URL"): _all("."),
    ("UrlRecognizer", "Quoted URL"): _has("[\"']https?://"),
    ("UrlRecognizer", "Quoted Non-schema URL"): lambda text: "." in text and ("'" in text or '"' in text),
}

# Texts of the patterns the gates were derived from (Presidio 2.2.366).
_VERIFIED: dict[tuple[str, str], str] = {
    ("CreditCardRecognizer", "All Credit Cards (weak)"): "f619fa242c93",
    ("UsBankRecognizer", "Bank Account (weak)"): "77ff5492baf6",
    ("UsItinRecognizer", "Itin (very weak)"): "724a6775f6d9",
    ("UsItinRecognizer", "Itin (weak)"): "1dfa186e9a61",
    ("UsItinRecognizer", "Itin (medium)"): "aca6bdbc8bcb",
    ("UsPassportRecognizer", "Passport (very weak)"): "31cb23903d56",
    ("UsPassportRecognizer", "Passport Next Generation (very weak)"): "a4aad820a666",
    ("UsSsnRecognizer", "SSN4 (very weak)"): "4e6bd6618bc9",
    ("UsSsnRecognizer", "SSN5 (medium)"): "f2721d631f61",
    ("NhsRecognizer", "NHS (medium)"): "d813b701023b",
    ("CryptoRecognizer", "Crypto (Medium)"): "9d9a993fd6ae",
    ("DateRecognizer", "Datetime (yyyy-mm-ddThh:mm[:ss[.f]] with timezone)"): "8231e9630090",
    ("DateRecognizer", "mm/dd/yyyy or mm/dd/yy"): "de849c1681c9",
    ("DateRecognizer", "dd/mm/yyyy or dd/mm/yy"): "19ffdc2987b1",
    ("DateRecognizer", "yyyy/mm/dd"): "4ccb5d61a4e1",
    ("DateRecognizer", "mm-dd-yyyy"): "9d1fcea6de93",
    ("DateRecognizer", "dd-mm-yyyy"): "cd1cf05f027c",
    ("DateRecognizer", "yyyy-mm-dd"): "79e15fb16d77",
    ("DateRecognizer", "dd.mm.yyyy or dd.mm.yy"): "ed7ea1289682",
    ("DateRecognizer", "dd-MMM-yyyy or dd-MMM-yy"): "9cca403b33cf",
    ("DateRecognizer", "MMM-yyyy or MMM-yy"): "47b9242593e8",
    ("DateRecognizer", "dd-MMM or dd-MMM"): "94027aaf7693",
    ("DateRecognizer", "mm/yyyy or m/yyyy"): "52dd574bb25c",
    ("DateRecognizer", "mm/yy or m/yy"): "cfd91e15ada3",
    ("EmailRecognizer", "Email (Medium)"): "004723abbb67",
    ("IbanRecognizer", "IBAN Generic"): "1f98697e78e0",
    ("IpRecognizer", "IPv4_mapped"): "5def597d3b4d",
    ("IpRecognizer", "IPv4_embedded"): "66197b1f8e63",
    ("IpRecognizer", "IPv4"): "ae1e66dfc546",
    ("IpRecognizer", "IPv6"): "c4f79b73053c",
    ("IpRecognizer", "IPv6_unspecified"): "c696285024ae",
    ("MedicalLicenseRecognizer", "USA DEA Certificate Number (weak)"): "8b00da21c7ca",
    ("MacAddressRecognizer", "MAC_COLON_OR_HYPHEN"): "a101077778af",
    ("MacAddressRecognizer", "MAC_CISCO_DOT"): "1dbdb084e42f",
    ("UuidRecognizer", "UUID (hyphenated)"): "829f95c95367",
    ("UrlRecognizer", "Standard Url"): "422b91a465b6",
    ("UrlRecognizer", "Non schema URL"): "7405c3a8b8c3",
    ("UrlRecognizer", "Quoted URL"): "473c5e6b40a3",
    ("UrlRecognizer", "Quoted Non-schema URL"): "58b5bbbc4796",
}


def gate(recogniser: str, pattern: str, expression: str) -> Gate | None:
    """The gate of a pattern of Presidio's, or None: then it has to run. `expression` is the pattern's own text."""
    key = (recogniser, pattern)
    return _GATES.get(key) if _VERIFIED.get(key) == fingerprint(expression) else None


def fingerprint(expression: str) -> str:
    """Short name of an expression's text."""
    return hashlib.sha256(expression.encode()).hexdigest()[:12]
