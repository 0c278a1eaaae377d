"""What stands around a number: the words that say what it is. Pure.

The same ten digits are a telephone number after "call me at" and not one after "order no.". A word counts as a whole
word, or as a part of a name in code (`phone_number`, `homePhone`); "tel" in "hotel" and "ring" in "string" count for
nothing.
"""

from __future__ import annotations

import re

from streams.privacy.sieve import Sieve

SIEVE = Sieve()  # a scan of its own: few texts have a number to ask about
BEFORE = 48  # characters: a label, a few words, or a line above
_AFTER = 24
_LABEL = 40


class Words:
    """Words that speak for one kind of number.

    Args:
        words: alternatives of a regular expression, in lower case; each is matched as a whole word in any case.
        parts: alternatives that count inside a longer name too.
    """

    def __init__(self, words: str, parts: str = "") -> None:
        whole = rf"(?<![^\W_])(?:{words})s?(?![^\W_])"
        self._search = re.compile(rf"{whole}|{parts}" if parts else whole, re.IGNORECASE).search
        apart = rf"(?:^|[\W_])(?:{words})s?(?:[\W_]|$)"  # for the sieve, which has no look-around
        sieved = re.compile(rf"{apart}|{parts}" if parts else apart, re.IGNORECASE | re.MULTILINE)
        (self._number,) = SIEVE.add(sieved, everywhere=True)
        tail = r"(?:[\s_\-]*(?:numbers?|num|nr|no|n[°º]|id|code|#))?\.?[\"'*]*[\s:#=\-(]*"
        tail += r"(?:is|was|of|to|says|reads)?[\s:=\"'(*]*\Z"
        self._label = re.compile(whole + tail, re.IGNORECASE).search

    def near(self, text: str, start: int, end: int) -> bool:
        """True if one of the words stands shortly before the number, or right after it on its line."""
        if not SIEVE.can_end(text, self._number, start - BEFORE, end + _AFTER + 1):
            return False
        if self._search(text, max(0, start - BEFORE), start):
            return True
        after = text[end : end + _AFTER].partition("\n")[0]
        return self._search(after) is not None

    def label(self, text: str, start: int) -> bool:
        """True if one of the words is what the number is called: "order no. 5", `"id": 5`."""
        near = SIEVE.can_end(text, self._number, start - _LABEL, start + 1)
        return near and self._label(text[max(0, start - _LABEL) : start]) is not None


# What numbers are that are neither telephones nor cards. Units of money and measure stand here as words too.
OTHERS = Words(
    r"contract|meter|reading|quote|quotation|vehicle|vertrag|zähler|"
    r"id|articles?|artikel|uid|gid|u?uid|guid|orders?|invoice|account|acct|a/c|ticket|case|ref|"
    r"reference|serial|s/n|sku|isbn|issn|ean|upc|"
    r"gtin|barcode|zip(?:code)?|post(?:al)?(?:code)?|ssn|sin|social security|tax|tin|ein|itin|vat|version|ver|v|"
    r"timestamp|"
    r"epoch|ts|date|time|port|pid|tid|ppid|commit|sha\d*|hash|checksum|crc\d*|digest|seed|offset|"
    r"size|bytes?|len|length|"
    r"count|total|sum|amount|price|cost|usd|eur|gbp|population|lat|latitude|lng|lon|longitude|coord(?:inate)?|iban|bic|"
    r"swift|routing|aba|sort|passport|licen[cs]e|permit|policy|claim|tracking|parcel|shipment|"
    r"transaction|txn|tx|payment|"
    r"batch|lot|part|build|release|revision|rev|issue|bug|pr|row|line|page|chapter|section|item|"
    r"product|customer|member|"
    r"membership|employee|student|patient|record|request|req|session|trace|span|job|run|node|block|nonce|height|doi|"
    r"arxiv|rfc|patent|cve|key|token|index|idx|code|imei|imsi|iccid|mac|vin|booking|reservation|confirmation|case|file|"
    r"nhs|medicare|npi|dea|flight|train|pnr|asn|duns|registration|company|charity|siren|siret|value|"
    r"step|iter|iteration|"
    r"bestell(?:ung|nummer|nr)|rechnungs?(?:nummer|nr)?|kunden(?:nummer|nr)|auftrags?(?:nummer|nr)?|commande|facture|"
    r"pedido|factura|ordine|fattura"
)
# Of a quantity, not of a name of a place or a person.
_UNIT = re.compile(
    r" ?(?:[kmgt]i?b|bytes?|bits?|[mnuµ]?s|ms|secs?|seconds?|minutes?|hours?|days?|rows?|lines?|files?|items?|records?|"
    r"tokens?|pixels?|px|km|cm|mm|kg|mg|kwh?|people|users?|visitors?|usd|eur|gbp|dollars?|euros?|percent)(?![^\W_])",
    re.IGNORECASE,
)
_CODE = re.compile(r"[={}<>;\\|`\[\]_$]|\w\(")
_WORD = re.compile(r"(?<!\S)[^\W\d_]{2,}")


def counts(text: str, end: int) -> bool:
    """True if the number is followed by what it counts or is measured in."""
    return _UNIT.match(text, end) is not None


def prose(text: str, start: int, end: int) -> bool:
    """True if the number stands among words of a sentence, and nothing around it looks like code or a table."""
    first = max(text.rfind("\n", 0, start) + 1, start - 60)
    last = text.find("\n", end)
    last = min(len(text) if last < 0 else last, end + 60)
    around = f"{text[first:start]} {text[end:last]}"
    return _CODE.search(around) is None and len(_WORD.findall(around)) > 2  # noqa: PLR2004 - three words are a sentence


def alone(text: str, start: int, end: int) -> bool:
    """True if the number is all of its line, and the line before, if any, is words: a letterhead, a signature."""
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    line = text[first : len(text) if last < 0 else last]
    if line.strip(" \t\r.,;*|•-\"'") != text[start:end].strip(" \t\r"):
        return False
    above = text[max(0, first - 80) : max(0, first - 1)].rpartition("\n")[2]
    return not above.strip() or _WORD.search(above) is not None
