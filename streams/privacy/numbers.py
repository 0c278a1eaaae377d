"""Numbers with a plan of their own: bank accounts (IBAN) and US social security. Pure.

* IBAN: ISO 13616 and the SWIFT registry: country, length and the remainder modulo 97 (ISO 7064) have to be right. The
  length is known, so a word that follows is not taken for the end of the number.
* US social security: groups and areas that the Social Security Administration gives out; without gaps only where the
  text says what it is.
"""

from __future__ import annotations

import re

import phonenumbers

from streams.privacy import nearby
from streams.privacy.sieve import SHARED
from streams.surrogates import Found

# Length of an IBAN by country (SWIFT IBAN registry; the last row: countries that use one without being in it).
_REGISTRY = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 "
    "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 "
    "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 "
    "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 "
    "YE30 "
    "AO25 BF28 BJ28 CF27 CG27 CI28 CM27 CV25 DZ26 GA27 GQ27 GW25 IR26 KM27 MA28 MG27 ML28 MZ25 NE28 SN28 TD27 TG28"
)
_LENGTHS = {entry[:2]: int(entry[2:]) for entry in _REGISTRY.split()}
_COUNTRIES = _LENGTHS.keys() | phonenumbers.SUPPORTED_REGIONS
# The check digits first, which are rarer than letters, then what stands before them: quick where there is no account.
_IBAN = re.compile(r"\d(?<=(?<![^\W_])[A-Za-z]{2}\d)\d(?=[ \-\u00a0]?[A-Za-z0-9]{2})", re.ASCII)
_ANY_LENGTH = re.compile(
    r"(?:[A-Z]{2}\d\d(?:[A-Z0-9]{10,30}|"
    r"(?P<gap>[ \-\u00a0])[A-Z0-9]{4}(?:(?P=gap)[A-Z0-9]{4}){1,7}(?:(?P=gap)[A-Z0-9]{1,3})?))"
    r"(?![^\W_])"
)
_IBAN_WORD = nearby.Words("iban|account|bank account|kontonummer|konto")
_GATE = re.compile(r"\d\d[ .\-\u00a0]?[A-Za-z\d]{2}")
_SSN = re.compile(r"\d(?<![\w.\-/]\d)(?!(?<=0)00|(?<=6)66)(?<!9)\d\d([ .\-]?)(?!00)\d\d\1(?!0000)\d{4}(?![\w\-/]|\.\d)")
# What both begin with, for the sieve: the letters of the country count here, and the groups.
_IBAN_AT, _SSN_AT = SHARED.add(
    re.compile(r"[A-Za-z]{2}\d\d[ \-\u00a0]?[A-Za-z0-9]{2}", re.ASCII),
    re.compile(r"\d{3}([ .\-]?)\d\d\1\d{4}"),
)
_SSN_SPECIMENS = frozenset(("078051120", "123456789", "987654320"))  # printed on sample cards
_SSN_WORD = nearby.Words(r"ssn|social security|social|soc sec|ss#|sozialversicherung", parts="ssn|social_?security")
_SSN_BARE, _SSN_GROUPED, _SSN_SAID = 0.0, 0.55, 0.85


def find(text: str) -> list[Found]:
    """IBANs and US social security numbers."""
    live = SHARED.live(text)
    if (_IBAN_AT not in live and _SSN_AT not in live) or not _GATE.search(text):
        return []
    return [*(_ibans(text) if _IBAN_AT in live else ()), *(_social_security(text) if _SSN_AT in live else ())]


def _ibans(text: str) -> list[Found]:
    found: list[Found] = []
    for match in _IBAN.finditer(text):
        start = match.start() - 2
        country = text[start : start + 2].upper()
        if country not in _COUNTRIES:
            continue
        end = _end(text, start, _LENGTHS.get(country, 0))
        if end is None:
            found += _of_other_length(text, start)
        elif remainder(re.sub(r"[ \-\u00a0]", "", text[start:end]).upper()) == 1:
            found.append(Found(start, end, "IBAN_CODE", 1.0))
        elif _IBAN_WORD.label(text, start):
            found.append(Found(start, end, "IBAN_CODE", 0.6))  # mistyped, and still an account
    return found


def _of_other_length(text: str, start: int) -> list[Found]:
    """An account that passes the check though its length is not the country's: made up, or of a new plan."""
    match = _ANY_LENGTH.match(text, start)
    if match is None:
        return []
    value = re.sub(r"[ \-\u00a0]", "", match[0])
    if remainder(value) != 1 or 2 * sum(map(str.isdigit, value)) < len(value):
        return []
    sure = value[:2] in _LENGTHS or _IBAN_WORD.near(text, start, match.end())
    return [Found(start, match.end(), "IBAN_CODE", 0.85 if sure else 0.6)]


def _end(text: str, start: int, length: int) -> int | None:
    """Where `length` letters and digits from `start` end, single gaps between them; None if they do not."""
    if not length:
        return None
    at, gap = start, True
    while length and at < len(text):
        sign = text[at]
        if sign.isascii() and sign.isalnum():
            length, gap = length - 1, False
        elif gap or sign not in " -\u00a0":
            return None
        else:
            gap = True
        at += 1
    whole = length == 0 and not (at < len(text) and (text[at].isalnum() or text[at] == "_"))
    return at if whole else None


def remainder(value: str) -> int:
    """An IBAN's remainder modulo 97, its first four signs moved to the end and letters read as 10 to 35; 1 if right."""
    return int("".join(str(int(sign, 36)) for sign in value[4:] + value[:4])) % 97


def _social_security(text: str) -> list[Found]:
    found: list[Found] = []
    for match in _SSN.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if digits in _SSN_SPECIMENS or len(set(digits)) == 1 or not digits.isascii():
            continue
        score = _SSN_BARE
        if _SSN_WORD.near(text, match.start(), match.end()):
            score = _SSN_SAID
        elif match[1] == "-" and not nearby.OTHERS.label(text, match.start()):
            score = _SSN_GROUPED
        if score:
            found.append(Found(*match.span(), "US_SSN", score))
    return found
