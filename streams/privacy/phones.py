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
_EXTENDED = r"(?:extension|ext|durchwahl|poste|anexo|ramal|toestel|wew|x)\.?[ :]{0,2}\d"
_EXTENSION = rf"(?:[ ,;]{{0,2}}{_EXTENDED}{{1,6}}(?!\d))?"
# A number begins neither inside a word, a decimal, a path or an amount, nor after another group of digits. What follows
# an international one after a space may be a time, a share or "2nd": then that group is none of it.
_SHAPE = re.compile(
    rf"""(?<![\w.+\-\#$€£¥@\\%^~&])(?<![^\d]/)(?<!\d[:,*])(?<!\([+])(?:
      (?P<abroad>\(?(?:\+|(?:00|011)[ .\-]?)(?P<country>{_COUNTRIES})(?:\)(?={_GAP}{{0,2}}\(?\d))?
        (?:{_GAP}{{0,2}}+\(?\d{{1,14}}+(?!%|:\d|(?!{_EXTENDED})[^\W\d_])(?:\)(?={_GAP}{{0,2}}\d))?+){{1,7}}+)
    | (?P<american>(?:1{_GAP}?)?(?:\(\d{{3}}\){_GAP}{{0,2}}|\d{{3}}{_GAP})\d{{3}}{_GAP}\d{{4}}(?!\d))
    | (?P<area>(?:\d{_GAP}?)?\(\d{{1,5}}\){_GAP}{{0,2}}\d{{1,10}}(?:{_GAP}\d{{1,5}}){{0,4}}(?!\d))
    | (?P<trunk>0[1-9]\d{{0,4}}(?:[ ]?[\-/\u2013][ ]?|{_GAP})\d{{1,8}}(?:{_GAP}\d{{2,5}}){{0,5}}(?!\d))
    | (?P<groups>\d{{1,5}}(?:{_GAP}\d{{1,8}}){{1,6}}(?!\d))
    | (?P<bare>\d{{7,13}}(?!\d))
    ){_EXTENSION}(?![^\W_])(?!\.\d|-\w|:\d|%)""",
    re.VERBOSE | re.IGNORECASE,
)
_BEGINS = re.compile(r"[(+]|\d+")  # a number, perhaps
_NORTH_AMERICAN = re.compile(r"1?[2-9]\d\d[2-9]\d{6}\Z")
# With a trunk zero as most of Europe, Africa and Japan write it; mobiles of China.
_NATIONAL = re.compile(r"0[1-9]\d{8,9}\Z|1[3-9]\d{9}\Z")
_WORDS = nearby.Words(
    r"phone|telephone|tel|tele|fone|cell|cellular|mobile|mob|fax|call(?:ed|ing|er)?|dial(?:led|ing)?|ring|rang|whatsapp|"
    r"viber|signal|sms|texted|text (?:me|us|him|her|them|back)|texting|reach(?:ed|able)?|contact(?:ed)?|"
    r"(?:my|your|his|her|our|their|whose|new|old|home|work|office) (?:number|nr|no)|hotline|helpline|support|helpdesk|"
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
    r"|(?:19|20)\d\d ?[ \-/\u2013] ?(?:19|20)\d\d\b)"
)
# Groups of other numbers: US social security, ZIP+4, ISBN-13, thousands.
_OTHER = re.compile(
    r"\d{3}[ \-]\d\d[ \-]\d{4}\Z|\d{5}-\d{4}\Z|97[89][ \-]?\d|(?:\d{1,3}[ .\u00a0\u202f])(?:000[ .]?)+\Z"
)
_ANY_GAP, _GAPS = re.compile(_GAP), re.compile(rf"{_GAP}+")
_NOT_SPACED = re.compile(r"[^\d \u00a0]")
_LAST_GROUP = re.compile(rf"(?:{_GAP}+\(?|x.*)\d*\)?\Z", re.IGNORECASE)
_LEAD, _REACH, _ROW = 4, 48, 24  # characters: of a prefix before the run; of a whole number; of a table's cell
_DIALLING = re.compile(r"\A\(?(?:\+|(?:00|011)[ .\-]?)")
_INSIDE = re.compile(r"\d*")
_BEFORE_IN_ROW = re.compile(r"(?<![^\s,;(\[])-?[\d.]+[ \t,;]+\Z")
_AFTER_IN_ROW = re.compile(r"[ \t,;]+-?\d")
_AFTER_IN_DUMP = re.compile(r" (?=[0-9]?[a-f])[0-9a-f]{2} [0-9a-f]{2}(?![^\W_])", re.IGNORECASE)
_BESIDE_MAIL = re.compile(r"[\"']?[ \t]?[|,;\n][ \t]?[\"']?[\w.+\-]{1,64}@\w")  # of a signature, a row of contacts
_PAIRS = re.compile(r"\d\d(?:[ .]\d\d)+\Z")
_NATIONAL_MOST, _PREFIX_MOST = 13, 3  # digits: with a trunk prefix; of a dialling prefix before an international one
_FRENCH = 10  # digits of five pairs
_WITH_AREA, _TRUNK_MOST, _SUBSCRIBER = 9, 12, 8  # digits of a whole national number; of a short one
_TWO_GROUPS = re.compile(rf"\d{{2,5}}{_GAP}\d{{4,8}}")  # 2124 3114, 321 1255171
_GROUPS, _GROUP_MOST, _THOUSANDS = 3, 4, 3
_SURE, _LIKELY, _WEAK = 0.75, 0.6, 0.4


def written(text: str) -> list[Found]:
    """Numbers whose shape says telephone, or whose shape allows it and a word near them says so.

    Scores: 0.75 by shape and numbering plan or by a word, 0.6 by shape alone, 0.4 what only a word would make one.
    """
    found: list[Found] = []
    at = 0
    while run := _RUN.search(text, at):
        first = max(at, run.start() - _LEAD)
        at = run.end()
        while match := _first(text, first, at):
            kind = "abroad" if match["abroad"] else match.lastgroup or ""
            end = _possible(match) if match["abroad"] else match.end()
            body = text[match.start() : end] if match["abroad"] else match[kind]
            score = _judge(text, match.start(), end, kind, body)
            if not score:
                break
            found.append(Found(match.start(), end, "PHONE_NUMBER", score))
            first = at = max(end, at)
        within = _INSIDE.match(text, at)  # a run of a thousand digits is looked at once
        at = within.end() if within else at
    return found


def _first(text: str, start: int, last: int) -> re.Match[str] | None:
    """The first number that begins from `start` to `last`."""
    for place in _BEGINS.finditer(text, start, last + 1):
        if (match := _SHAPE.match(text, place.start(), last + _REACH)) is not None:
            return match
    return None


def _possible(match: re.Match[str]) -> int:
    """Where an international number ends: what follows it may be a number too, beyond the longest of the plan."""
    value = match[0]
    while True:
        if not _too_long("+" + _DIALLING.sub("", value)):
            return match.start() + len(value)
        shorter = _LAST_GROUP.sub("", value)
        if shorter == value:
            return match.end()
        value = shorter


def _too_long(value: str) -> bool:
    try:
        number = phonenumbers.parse(value)
    except phonenumbers.NumberParseException as error:
        return bool(error.error_type == phonenumbers.NumberParseException.TOO_LONG)
    return bool(phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.TOO_LONG)


def _judge(text: str, start: int, end: int, kind: str, body: str) -> float:
    """The score of a candidate; 0 for what is no telephone number."""
    digits = "".join(_DIGIT.findall(body))
    most = _MOST + _PREFIX_MOST if kind == "abroad" else _NATIONAL_MOST
    if not _LEAST <= len(digits) <= most or len(set(digits)) == 1:
        return 0.0
    if kind != "abroad" and (_DATE.match(body) or _OTHER.match(body)):
        return 0.0
    # A plus, a country and groups: "see line +44 29 …" is a number whatever the word before it calls.
    dialled = "+" in body and _ANY_GAP.search(body) is not None
    if (nearby.OTHERS.label(text, start) and not dialled) or (
        "+" not in body and (_AFTER_IN_DUMP.match(text, end) or nearby.counts(text, end))
    ):
        return 0.0
    quiet = nearby.prose(text, start, end) or nearby.alone(text, start, end)
    score = _foreign(body, quiet) if kind == "abroad" else _domestic(kind, body, digits, quiet)
    if kind == "groups" and quiet and _grouped(body, nearby.alone(text, start, end)):
        score = _LIKELY
    if score >= _SURE:
        return score
    in_row = _BEFORE_IN_ROW.search(text[max(0, start - _ROW) : start]) and _AFTER_IN_ROW.match(text[end : end + 4])
    if in_row:  # of a table, a dump, a list of coordinates
        return _WEAK if score >= _LIKELY else 0.0
    return _SURE if _WORDS.near(text, start, end) or _BESIDE_MAIL.match(text, end) else score


def _foreign(body: str, quiet: bool) -> float:
    return _SURE if "+" in body or _ANY_GAP.search(body) else _LIKELY if quiet else _WEAK


def _domestic(kind: str, body: str, digits: str, quiet: bool) -> float:
    """The score that a national shape has without any word; `quiet`: it stands in a sentence or on its own line."""
    count = len(digits)
    if kind == "american":
        spaced = not _NOT_SPACED.search(body)
        valid = _NORTH_AMERICAN.match(digits) is not None
        return _WEAK if spaced and not quiet else _SURE if valid and not spaced else _LIKELY
    if kind == "area":
        likely = count >= _WITH_AREA or (quiet and count >= _SUBSCRIBER)
    elif kind == "trunk":
        likely = _WITH_AREA <= count <= _TRUNK_MOST and (quiet or not _PAIRS.match(body[:-3]) or count == _FRENCH)
    elif kind == "bare":
        likely = quiet and (_NORTH_AMERICAN.match(digits) or _NATIONAL.match(digits)) is not None
    else:
        likely = False
    return _LIKELY if likely else _WEAK


def _grouped(body: str, alone: bool) -> bool:
    """True if the groups are those of a telephone number: several of two to four, and not thousands."""
    groups = _GAPS.split(body)
    if "." in body or len(_DIGIT.findall(body)) < _SUBSCRIBER:
        return False
    several = len(groups) >= _GROUPS and all(len(group) <= _GROUP_MOST for group in groups)
    thousands = len(groups[0]) < _THOUSANDS and all(len(group) == _THOUSANDS for group in groups[1:])
    return alone or (several and not thousands) or _TWO_GROUPS.fullmatch(body) is not None
