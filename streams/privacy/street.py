"""Street addresses, as `LOCATION`: a house number with a street, a post-office box, a town with its code. Pure.

Forms of the US, the UK, Germany, Austria, France, Spain, Italy, Portugal, Poland, the Netherlands. Precision
comes first: a street has a number beside it, and words that are also ordinary ("way", "drive", "close") need a
number of two digits or a town behind. The town is taken with the street where it follows at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from streams.privacy.listed import words as _words
from streams.privacy.sieve import SHARED
from streams.surrogates import Found

LOCATION = "LOCATION"

_CAP = r"[A-Z\u00c0-\u00d6\u00d8-\u00de][\w'\u2019.\-]*"
_TOWN = rf"{_CAP}(?:[ \-](?:(?:am|an der|im|bei|sur|sous|de|del|la|le|les|di|of|upon)[ \-])?{_CAP}){{0,3}}"
_GAP = r"(?:,?[ ]|,?[ ]?\r?\n[ ]*)"  # an address goes on behind a comma or on the next line
_STATES = (
    r"(?:A[LKZR]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
    r"|Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois"
    r"|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri"
    r"|Montana|Nebraska|Nevada|New (?:Hampshire|Jersey|Mexico|York)|(?:North|South) (?:Carolina|Dakota)|Ohio|Oklahoma"
    r"|Oregon|Pennsylvania|Rhode Island|Tennessee|Texas|Utah|Vermont|Virginia|Washington|West Virginia|Wisconsin"
    r"|Wyoming)"
)
_ZIP = r"\d{5}(?:-\d{4})?(?!\d)"
_POSTCODE = r"(?:[A-PR-UWYZ](?:\d[\dA-HJKPSTUW]?|[A-HK-Y]\d[\dABEHMNPRVWXY]?) ?\d[ABD-HJLNP-UW-Z]{2})\b"
_US_TOWN = rf"{_TOWN},?[ ]{_STATES}(?:,?[ ]{_ZIP})?"
_UNIT = rf"(?:{_GAP}(?:Apt|Apartment|Suite|Ste|Unit|Floor|Fl|Room|Rm|#)\.?[ ]?[\w\-]{{1,6}})?"
_BEHIND = rf"{_UNIT}(?:{_GAP}(?:{_US_TOWN}|(?:{_TOWN}{_GAP})?{_POSTCODE}|{_ZIP}))?"
_SURE = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Boulevard|Blvd|Highway|Hwy|Parkway|Pkwy|Turnpike|Mews|Crescent|Terrace)"
)
_MAYBE = (
    r"(?:Drive|Dr|Court|Ct|Place|Pl|Square|Sq|Way|Circle|Cir|Close|Gardens|Grove|Row|Walk|Trail|Loop|Plaza|Quay|Wharf|Hill"
    r"|Rise|View|Park|Alley)"
)
_BEFORE = (
    r"(?:(?:[NSEW]|NE|NW|SE|SW)\.?[ ])?"
    rf"(?!(?:FROM|INTO|AND|OR|IN|OF|THE|FOR|TO) )(?:(?:{_CAP}|\d{{1,3}}(?:st|nd|rd|th))[ ]){{1,4}}"
)
_SIDE = r"(?:\.?[ ](?:NE|NW|SE|SW|[NSEW]|North|South|East|West)\b)?"
_ONE_OF = r"(?<![\w.\-/$#:])"

_DIGIT_LAST = r"\d{1,4}(?:[ ]?[a-zA-Z]\b)?(?:[ ]?[\-\u2013/][ ]?\d{1,4}[a-z]?)?(?![\w%])"
_GERMAN_TOWN = rf"(?:{_GAP}(?:D-|A-|CH-)?\d{{4,5}}[ ]{_TOWN})"
_NO_WORD = r"(?<![\w\-])"


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write an address; tried only where the text has one of `words` (small letters) and `gate` matches."""

    words: frozenset[str]
    gate: re.Pattern[str]
    expression: re.Pattern[str]
    score: float


def _form(score: float, words: str, gate: str, *expression: str, flags: int = 0) -> Form:
    return Form(_words(words), re.compile(gate), re.compile("".join(expression), flags), score)


_OPENING = r"(?<![\w.])\d{1,6}(?:-\d{1,4})?[A-Za-z]?,? (?:[A-Z\u00c0-\u00d6\u00d8-\u00de]|\d{1,3}(?:st|nd|rd|th))"
_SURE_PARTS = (
    "street st avenue ave road rd lane ln boulevard blvd highway hwy parkway pkwy turnpike mews crescent terrace"
)
_MAYBE_PARTS = (
    "drive dr court ct place pl square sq way circle cir close gardens grove row walk trail loop plaza quay wharf hill "
    "rise view park alley"
)
_SUFFIXES = tuple(
    _words(
        "stra\u00dfe strasse str gasse allee platz damm ufer chaussee weg promenade steig straat laan plein gracht "
        "kade dijk singel steeg ring"
    )
)
_COMPOUND = "compound"  # stands for any word that ends like a German or Dutch street
_CODE = "code"  # stands for a number that could be a town's code
FORMS: tuple[Form, ...] = (
    _form(
        0.8,
        _SURE_PARTS,
        _OPENING,
        rf"{_ONE_OF}\d{{1,6}}(?:-\d{{1,4}})?[A-Za-z]?,?[ ]{_BEFORE}{_SURE}\b(?!['\u2019]){_SIDE}\.?{_BEHIND}",
    ),
    _form(
        0.65,
        _MAYBE_PARTS,
        _OPENING,
        rf"{_ONE_OF}\d{{2,6}}(?:-\d{{1,4}})?[A-Za-z]?,?[ ]{_BEFORE}{_MAYBE}\b(?!['\u2019]){_SIDE}\.?{_BEHIND}",
    ),
    _form(
        0.8,
        _MAYBE_PARTS,
        _OPENING,
        rf"{_ONE_OF}\d{{1,6}}[A-Za-z]?,?[ ]{_BEFORE}{_MAYBE}\b{_SIDE}\.?,?[ ]",
        rf"(?:{_US_TOWN}|(?:{_TOWN}{_GAP})?{_POSTCODE})",
    ),
    # 221b baker street
    _form(
        0.6,
        "street avenue road lane boulevard blvd",
        r"\d[a-z]? [a-z]",
        rf"{_ONE_OF}\d{{2,5}}[a-z]?[ ](?!way|side|off|on |of |the |and |miles? )",
        r"(?:(?:[nsew]|north|south|east|west)[ ])?",
        r"[a-z]{3,}(?:[ ][a-z]{3,})?[ ](?:street|avenue|road|lane|boulevard|blvd)\b",
    ),
    # 12 bis, rue de la Paix, 75002 Paris
    _form(
        0.8,
        "rue avenue av boulevard bd place chemin all\u00e9e impasse quai cours route square passage",
        r"\d(?: ?(?:bis|ter|quater))?,? (?i:rue|av|bo|bd|pl|ch|al|im|qu|co|ro|sq|pa)",
        rf"{_ONE_OF}\d{{1,4}}(?:[ ]?(?:bis|ter|quater))?,?[ ]",
        r"(?i:rue|avenue|av\.|boulevard|bd\.?|place|chemin|all\u00e9e|impasse|quai|cours|route|square|passage)[ ]",
        rf"(?:(?:de|du|des|la|le|les|de la|de l['\u2019]|d['\u2019]|l['\u2019])[ ]?){{0,3}}{_CAP}",
        rf"(?:[ \-](?:(?:de|du|des|la|le|et)[ \-])*{_CAP}){{0,4}}(?:{_GAP}(?:F-)?\d{{5}}[ ]{_TOWN})?",
    ),
    # Lange Strasse 5; Kastanienallee 12a, 10435 Berlin
    _form(
        0.8,
        _COMPOUND,
        r"(?i:stra\u00dfe|strasse|str\.|gasse|allee|platz|damm|ufer|chaussee|weg|promenade|steig) \d",
        rf"{_NO_WORD}(?:(?:Alte|Neue|Gro\u00dfe|Kleine|Lange|Obere|Untere|Hohe)[rn]?[ ])?",
        r"[A-Z\u00c4\u00d6\u00dc][\w.\-]{0,40}?",
        r"(?:stra\u00dfe|strasse|str\.|gasse|allee|platz|damm|ufer|chaussee|(?<=[a-z]{3})weg|promenade|steig)",
        rf"[ ]{_DIGIT_LAST}{_GERMAN_TOWN}?",
    ),
    _form(
        0.8,
        _COMPOUND,
        r"(?:Stra\u00dfe|Strasse|Str\.|Gasse|Allee|Platz|Weg) \d",
        rf"{_NO_WORD}(?:{_CAP}[ \-]){{1,3}}(?:Stra\u00dfe|Strasse|Str\.|Gasse|Allee|Platz|Weg)",
        rf"[ ]{_DIGIT_LAST}{_GERMAN_TOWN}?",
    ),
    # Am Markt 5, 99084 Erfurt
    _form(
        0.8,
        "am an im in zum zur auf unter compound",
        r"\d[a-z]?,?\s(?:D-|A-|CH-)?\d{4,5} [A-Z\u00c4\u00d6\u00dc]",
        rf"{_NO_WORD}(?:Am|An der|Im|In der|Zum|Zur|Auf der|Auf dem|Unter den|[A-Z]\w{{2,30}}ring)[ ]",
        rf"(?:{_CAP}[ ]){{0,2}}{_DIGIT_LAST}{_GERMAN_TOWN}",
    ),
    # Keizersgracht 12-2, 1015 CN Amsterdam
    _form(
        0.8,
        _COMPOUND,
        r"(?:straat|laan|plein|gracht|kade|dijk|singel|steeg|weg) \d",
        rf"{_NO_WORD}[A-Z][\w\-]{{0,40}}?(?:straat|laan|plein|gracht|kade|dijk|singel|steeg|(?<=[a-z]{{3}})weg)",
        rf"[ ]{_DIGIT_LAST}(?:{_GAP}\d{{4}}[ ]?[A-Z]{{2}}(?:[ ]{_TOWN})?)?",
    ),
    # Calle de Alcala, 42, 28014 Madrid; Avenida da Liberdade 110
    _form(
        0.8,
        "calle c avenida avda avd paseo plaza rua travessa pra\u00e7a largo carrera camino ronda",
        r"[\w,.\u00ba\u00b0] \d",
        r"(?<!\w)(?:[Cc]alle|C/|[Aa]venida|[Aa]vda?\.|[Pp]aseo|[Pp]laza|Rua",
        r"|Travessa|Pra\u00e7a|Largo|Carrera|Camino|Ronda)[ ]?",
        rf"(?:(?:de|del|la|las|los|el|do|da|dos|das)[ ]){{0,2}}{_CAP}",
        rf"(?:[ ](?:(?:de|del|la|do|da|y|e)[ ]){{0,2}}{_CAP}){{0,4}}",
        rf",?[ ](?:n[\u00ba\u00b0.o]{{1,2}}[ ]?)?{_DIGIT_LAST}(?:{_GAP}\d{{4,5}}(?:-\d{{3}})?[ ]{_TOWN})?",
    ),
    # Via Roma, 12, 00184 Roma
    _form(
        0.75,
        "via viale piazza piazzale corso vicolo strada",
        r"\w,? ?\d",
        r"(?<!\w)(?:Via|Viale|Piazza|Piazzale|Corso|Vicolo|Strada)[ ]",
        rf"(?:(?:dei|degli|delle|della|del|di|dell['\u2019])[ ]?)?{_CAP}",
        rf"(?:[ ](?:(?:di|e|d['\u2019])[ ]?)?{_CAP}){{0,3}}",
        rf"(?:,[ ]?|[ ]){_DIGIT_LAST}(?:{_GAP}\d{{5}}[ ]{_TOWN})?",
    ),
    _form(
        0.75,
        "ul al",
        r"\w \d",
        rf"(?<!\w)(?:ul\.|al\.)[ ]{_CAP}(?:[ ]{_CAP})?[ ]{_DIGIT_LAST}(?:{_GAP}\d\d-\d{{3}}[ ]{_TOWN})?",
    ),
    _form(
        0.8,
        "box postfach apartado casella postale",
        r"[a-zA-Z] \d",
        r"\b(?:P\.?[ ]?O\.?[ ]?Box|Postfach|Apartado|Casella Postale|Bo\u00eete Postale)[ ]\d[\d ]{0,6}\d?",
        rf"(?:{_GAP}(?:{_US_TOWN}|{_TOWN}[ ]{_POSTCODE}|\d{{5}}[ ]{_TOWN}))?",
        flags=re.IGNORECASE,
    ),
    # a town with its code: Portland, OR 97201; D-10435 Berlin; SW1A 1AA
    _form(0.8, _CODE, r"[a-zA-Z],? \d{5}(?!\d)", rf"{_NO_WORD}{_TOWN},[ ]{_STATES},?[ ]{_ZIP}"),
    _form(0.7, _CODE, r"[A-Z]-\d{4,5} [A-Z]", rf"{_ONE_OF}(?:D|A|CH|F|B|L|NL|I|E|P)-\d{{4,5}}[ ]{_TOWN}"),
    _form(0.6, _CODE, r"\d[A-Z\d]? \d[A-Z]{2}\b", rf"{_NO_WORD}{_POSTCODE.replace(' ?', ' ')}(?![\-\w])"),
)
_DIGIT = re.compile(r"\d")
_TOWN_CODE = re.compile(r"[ \-]\d(?:\d{3,4}\b|[A-Z]{2}\b)")
_NO_LETTERS = {code: " " for code in range(128) if not chr(code).isalpha()}
_FORMS = dict(zip(SHARED.add(*(form.expression for form in FORMS)), FORMS, strict=True))
_MOST = 120  # code points of an address


def find(text: str) -> list[Found]:
    """Street addresses in a text, the longest where several begin together; none overlap."""
    live = _FORMS.keys() & SHARED.live(text)
    if not live or not _DIGIT.search(text):
        return []
    words = set(text.lower().translate(_NO_LETTERS).split())
    if any(word.endswith(_SUFFIXES) for word in words):
        words.add(_COMPOUND)
    if _TOWN_CODE.search(text):
        words.add(_CODE)
    found: list[Found] = []
    for number in sorted(live):
        form = _FORMS[number]
        if not form.words.isdisjoint(words) and form.gate.search(text):
            found += _all(form.expression, text, form.score)
    return _longest(found)


def _all(expression: re.Pattern[str], text: str, score: float) -> list[Found]:
    return [
        Found(match.start(), match.start() + len(match[0].rstrip(" .,")), LOCATION, score)
        for match in expression.finditer(text)
        if match.end() - match.start() <= _MOST
    ]


def _longest(found: list[Found]) -> list[Found]:
    kept: list[Found] = []
    for one in sorted(found, key=lambda f: (f.start, -f.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
        elif one.end - one.start > kept[-1].end - kept[-1].start:
            kept[-1] = one
    return kept
