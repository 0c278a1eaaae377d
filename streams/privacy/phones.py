"""Telephone numbers on sight, in the ways people type them, and weaker shapes with a word near them. Pure.

Presidio scores phones 0.4, so at the usual threshold a number without a word such as "phone" near it stays, and it
knows eight countries. `written` looks at a run of digits and judges its shape: international (ITU-T E.164: `+` or a
dialling prefix and an assigned country code), North American (3-3-4, NANP), with a trunk zero or an area code in
brackets, and any other grouping of 7 to 13 digits, which needs a word for it (`nearby`) or a line of its own.
"""

from __future__ import annotations

import re

import phonenumbers

from streams.privacy import nearby
from streams.surrogates import Found

_GAP = r"[ .\-/\u00a0\u2010\u2011\u2013\u202f]"
_MOST, _LEAST = 15, 7  # digits: E.164; a subscriber's number in most plans
_RUN = re.compile(r"\d(?:[ .\-/()\u00a0\u2010\u2011\u2013\u202f]{0,3}\d){6}")
_DIGIT = re.compile(r"\d")
_COUNTRIES = "|".join(map(str, sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE, reverse=True)))
_EXTENSION = r"(?:[ ,;]{0,2}(?:extension|ext|durchwahl|poste|anexo|ramal|toestel|wew|x)\.?[ :]{0,2}\d{1,6}(?!\d))?"
# A number begins neither inside a word, a decimal, a path or an amount, nor after another group of digits.
_SHAPE = re.compile(
    rf"""(?<![\w.+\-\#/$€£¥@\\%^~&])(?<!\d[:,*])(?<!\([+])(?:
      (?P<abroad>\(?(?:\+[ ]?|(?:00|011)[ .\-]?)(?P<country>{_COUNTRIES})\)?(?:{_GAP}{{0,2}}\(?\d{{1,14}}\)?){{1,7}}(?<=\d))
    | (?P<american>(?:1{_GAP}?)?(?:\(\d{{3}}\){_GAP}{{0,2}}|\d{{3}}{_GAP})\d{{3}}{_GAP}\d{{4}}(?!\d))
    | (?P<area>(?:\d{_GAP}?)?\(\d{{1,5}}\){_GAP}{{0,2}}\d{{1,10}}(?:{_GAP}\d{{1,5}}){{0,4}}(?!\d))
    | (?P<trunk>0[1-9]\d{{0,4}}(?:[ ]?[\-/–][ ]?|{_GAP})\d{{1,8}}(?:{_GAP}\d{{2,5}}){{0,5}}(?!\d))
    | (?P<groups>\d{{1,5}}(?:{_GAP}\d{{1,8}}){{1,6}}(?!\d))
    | (?P<bare>\d{{7,13}}(?!\d))
    ){_EXTENSION}(?![^\W_])(?!\.\d|-\w|:\d|%)""",
    re.VERBOSE | re.IGNORECASE,
)
_NORTH_AMERICAN = re.compile(r"1?[2-9]\d\d[2-9]\d{6}\Z")
# With a trunk zero as most of Europe, Africa and Japan write it; mobiles of China.
_NATIONAL = re.compile(r"0[1-9]\d{8,9}\Z|1[3-9]\d{9}\Z")
_WORDS = nearby.Words(
    r"phone|telephone|tel|tele|fone|cell|cellular|mobile|mob|fax|call(?:ed|ing|er)?|dial(?:led|ing)?|ring|rang|whatsapp|"
    r"viber|signal|sms|texted|text (?:me|us|him|her|them|back)|texting|reach(?:ed|able)?|contact(?:ed)?|(?:my|your|his|her|our|their|whose|new|old|home|work|office) (?:number|nr|no)|hotline|helpline|support|helpdesk|"
    r"landline|voicemail|extension|ext|pager|telefono|telefon|telefonnummer|t[eé]l[eé]phone|t[eé]l[eé]phoner|t[eé]l|"
    r"tel[eé]fono|telefone|telefoon|telefonnr|rufnummer|handy|handynummer|mobil|mobilnummer|mobiltelefon|anrufen|"
    r"erreichbar|erreichen|ruf|numéro de|appel(?:er|ez|le|les)?|portable|joindre|celular|m[oó]vil|telem[oó]vel|"
    r"ll[aá]m(?:a|ame|e|eme|ar)|ligue|chiama(?:re|mi)?|cellulare|bellen|mobiel|puhelin|matkapuhelin|gsm|kom[oó]rka|"
    r"zadzwo[nń]|telefonu|тел|телефон\w*|моб\w*|[tmpfch](?=\.?:)|позвон\w*|звон\w*|τηλ\w*",
    parts=r"phone|mobile|telefon|電話|电话|手机|携帯|전화|휴대폰|هاتف|جوال|טלפון|נייד|फ़ोन|मोबाइल|ফোন|โทร",
)
_DATE = re.compile(
    r"(?:(?:19|20)\d\d[ ./\-](?:0?[1-9]|1[0-2])[ ./\-]?(?:0?[1-9]|[12]\d|3[01])(?!\d)"
    r"|(?:0?[1-9]|[12]\d|3[01])[ ./\-](?:0?[1-9]|[12]\d|3[01])[ ./\-](?:19|20)\d\d(?!\d)"
    r"|(?:19|20)\d\d ?[\-–/] ?(?:19|20)\d\d\b)"
)
# Groups of other numbers: US social security, ZIP+4, ISBN-13, thousands.
_OTHER = re.compile(
    r"\d{3}[ \-]\d\d[ \-]\d{4}\Z|\d{5}-\d{4}\Z|97[89][ \-]?\d|(?:\d{1,3}[ .\u00a0\u202f])(?:000[ .]?)+\Z"
)
_SURE, _LIKELY, _WEAK = 0.75, 0.6, 0.4


def written(text: str) -> list[Found]:
    """Numbers whose shape says telephone, or whose shape allows it and a word near them says so.

    Scores: 0.75 by shape and numbering plan or by a word, 0.6 by shape alone, 0.4 what only a word would make one.
    """
    found: list[Found] = []
    at = 0
    while run := _RUN.search(text, at):
        at = run.end()
        first = max(0, run.start() - 4)
        while match := _SHAPE.search(text, first, min(len(text), at + 48)):
            if match.start() > at:
                break
            end = match.end()
            if match["abroad"]:
                end = _possible(text, match.start(), end, int(match["country"]))
            score = _judge(text, match, end)
            if score:
                found.append(Found(match.start(), end, "PHONE_NUMBER", score))
            first = at = max(end, at) if score else match.start() + 1
            at = max(at, run.end())
            if not score:
                break
        at = max(at, found[-1].end if found else at)
    return found


def _possible(text: str, start: int, end: int, country: int) -> int:
    """Where an international number ends: what follows it may be a number too, beyond the plan's longest."""
    region = phonenumbers.region_code_for_country_code(country)
    value, whole = text[start:end], end
    while True:
        try:
            number = phonenumbers.parse("+" + value.lstrip("(+ ") if "+" in value[:3] else value, "US")
        except phonenumbers.NumberParseException:
            return whole
        verdict = phonenumbers.is_possible_number_with_reason(number)
        if region == "ZZ" or verdict != phonenumbers.ValidationResult.TOO_LONG:
            return start + len(value)
        shorter = re.sub(rf"(?:{_GAP}+\(?|[xX].*)\d*\)?\Z", "", value)
        if shorter == value:
            return whole
        value = shorter


def _judge(text: str, match: re.Match[str], end: int) -> float:
    start = match.start()
    kind = match.lastgroup if match.lastgroup != "country" else "abroad"
    body = match[kind or 0]
    count = len(_DIGIT.findall(body))
    digits = "".join(_DIGIT.findall(body))
    if not _LEAST <= count <= (_MOST + 3 if kind == "abroad" else 13) or len(set(digits)) == 1:
        return 0.0
    if kind != "abroad" and (_DATE.match(body) or _OTHER.match(body)):
        return 0.0
    if nearby.OTHERS.label(text, start):
        return 0.0
    by_shape = _by_shape(text, start, end, kind or "", body, digits)
    if by_shape >= _SURE:
        return by_shape
    if _table(text, start, end):
        return _WEAK if by_shape >= _LIKELY else 0.0
    return _SURE if _WORDS.near(text, start, end) else by_shape


def _table(text: str, start: int, end: int) -> bool:
    """True among other numbers: a row of a table, a dump, a list of coordinates."""
    return bool(re.search(r"(?<![^\s,;(\[])-?[\d.]+[ \t,;]+\Z", text[max(0, start - 24) : start])) and bool(
        re.match(r"[ \t,;]+-?\d", text[end : end + 4])
    )


def _by_shape(text: str, start: int, end: int, kind: str, body: str, digits: str) -> float:
    """The score that the shape has without any word."""
    if kind == "abroad":
        grouped = "+" in body or re.search(_GAP, body) is not None
        return _SURE if grouped else _LIKELY if _quiet(text, start, end) else _WEAK
    quiet = _quiet(text, start, end)
    if kind == "american":
        spaced = not re.search(r"[^\d \u00a0]", body)
        if _NORTH_AMERICAN.match(digits):
            return _SURE if not spaced else _LIKELY if quiet else _WEAK
        return _LIKELY if quiet or not spaced else _WEAK
    if kind == "area":
        return _LIKELY if len(digits) >= 9 or (quiet and len(digits) >= 8) else _WEAK
    if kind == "trunk":
        return (
            _LIKELY
            if 9 <= len(digits) <= 12 and not re.match(r"\d\d(?:[ .]\d\d)+\Z", body[:-3])
            else (_LIKELY if quiet and 9 <= len(digits) <= 12 else _WEAK)
        )
    if kind == "bare":
        usual = _NORTH_AMERICAN.match(digits) or _NATIONAL.match(digits)
        return _LIKELY if usual and quiet else _WEAK
    return _LIKELY if len(digits) >= 8 and quiet and _grouped(body, nearby.alone(text, start, end)) else _WEAK


def _quiet(text: str, start: int, end: int) -> bool:
    return nearby.prose(text, start, end) or nearby.alone(text, start, end)


def _grouped(body: str, alone: bool) -> bool:
    """True if the groups are those of a telephone number: several of two to four, not one number with a fraction."""
    groups = re.split(rf"{_GAP}+", body)
    several = len(groups) >= 3 and all(len(group) <= 4 for group in groups)
    return "." not in body and (alone or (several and not all(len(group) == 3 for group in groups[1:])))
