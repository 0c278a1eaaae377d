"""What a value looks like: random as a key is, or words, code, a template, a stand-in, a sequence. Pure.

Nothing here knows names or places; `names` and the rules decide which of these a value must be. Every function takes
time linear in its value; values are cut at some hundred characters by who calls.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter
from itertools import pairwise

from streams.privacy.secrets.letters import word_score

_LEAST = 2.0  # bits per character: four characters in turn; "0000…", "xxxx…", "abab…" have less
_RANDOM_HEX, _RANDOM_SHORT, _RANDOM_LONG = 2.8, 2.7, 3.1
_BLOB = 100  # characters from which on chance alone, or a header in base 64, can spell anything
_LONG = 20  # from here on a random value shows more of its alphabet
_LETTERS_ONLY = 16  # letters without a digit say little before that
_WORDS = 0.5  # share of a value in words from which it is words
_WORDY_SCORE = -0.5  # mean of the pairs of letters of a name with a number in it
_RUN = 0.5  # share of neighbours in sequence from which it is a sequence
_RUN_TOKEN = 0.8  # the same behind an issuer's prefix: many are pieced together by hand

_SEGMENT = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{3,}")
_HEX = re.compile(r"[0-9a-f]+\Z|[0-9A-F]+\Z")
_JOINED_PART = re.compile(r"[a-z]{2,}[_\-. ][a-z]{2,}[_\-. ][a-z]{2,}")
VERSION = re.compile(r"[\^~<>=v]{0,2}\d+(?:\.\d+)+(?:[+\-.][\w+\-.]*)?\Z")
_NUMBER = re.compile(r"[+\-]?[\d.,:/\-_ ]+\Z")
UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")

# The whole value is a reference to something else, in the languages of shells, templates, build files and formats.
_TEMPLATE = re.compile(
    r"""\$\{.*|\$\(.*|\$[A-Za-z_]\w*\}?\Z|\$\d\Z|\$env:.*|\{\{.*|\{%.*|\{[\w.:!]*\}\Z|\{[^{}]*\}\Z|<[^<>]*>?\Z"""
    r"""|%\(?\w*\)?[%sdrx]?\Z|%\{.*|\#\{.*|@[\w.]+@\Z|@\{.*|\[[^\]]*\]?\Z|__\w+__\Z"""
    r"""|!(?:Ref|Sub|GetAtt|vault|env|secret)\b.*|ENC\[.*|arn:aws.*"""
    r"""|(?:sha(?:1|256|384|512)|md5)[_:\-].*"""
    r"""|(?:vault|secret|env|file|ssm|op|sops|keyring|data|urn|projects)[:/].*""",
    re.IGNORECASE | re.DOTALL,
)
# Somewhere in the value somebody says that it is none.
_SAID = re.compile(
    r"\*{3,}|\.{3,}|-{4,}|_{4,}|•{3,}|#{4,}|\?{3,}|…|example|placeholder|redacted|masked|hidden|censored"
    r"|sanitized|dummy|sample|change[_\-]?(?:me|it|this)|replace|your[_\- ]\w*|(?:^|[_\-. ])my[_\- ](?:\w+)|insert"
    r"|fixme|foo[_\-]?bar|lorem|ipsum|deadbeef|not[_\-]?a[_\-]?(?:real|secret)|undefined"
    r"|(?:goes|put|key|token|secret|value|password)[_\- ]?here|process\.env|os\.environ|getenv"
    r"|(?:^|[_\-. ])(?:secret|token|password|api[_\-]?key|access[_\-]?key|private[_\-]?key)s?\Z"
    r"|\[\^?\w-\w|\)\?\Z",
    re.IGNORECASE,
)
# Four letters are in one random token of ten thousand by chance: in a long one they must be written as words are.
_SAID_SHORT = re.compile(r"todo|fake|your", re.IGNORECASE)
_SAID_SHORT_SHARE = 0.3
# Typed to fill a place: of a short value it is all that counts, of a long one it must be a good part.
_FILLED = re.compile(r"x{4,}|X{4,}|0{6,}|abcdefgh|ABCDEFGH|12345678|qwertyui|QWERTYUI")
_FILLED_LEAST, _FILLED_SHARE = 20, 0.3
_PLAIN_WORDS = (
    "string text password passwd pass pwd passphrase secret token key apikey none null nil true false yes no on off "
    "required optional input hidden field type value default empty test testing user username admin-password enter "
    "forgot reset confirm current new old show hide change login basic bearer digest oauth oauth2 jwt plain "
    "plaintext bytes object array integer number boolean any str int bool varchar char function undefined unset "
    "disabled enabled auto env prompt ask unknown blank missing invalid wrong incorrect static dynamic const let "
    "var"
)
_PLAIN = frozenset(_PLAIN_WORDS.split())
# Dotted or joined names, calls, paths, file names, types: what stands right of an assignment in code.
_CODE = re.compile(
    r"&?[A-Za-z_$][\w$]*(?:(?:\.|::|->|\?\.)[A-Za-z_$][\w$]*)+(?:[(\[].*)?\Z|[A-Za-z_]\w*[(\[{].*|\w+\(\)?.*"
    r"|(?:\.{0,2}/|~/|[A-Za-z]:\\|https?://|//)\S*|[\w\-./]+\.(?:"
    r"py|js|ts|tsx|jsx|json|ya?ml|toml|txt|pem|key|crt|cer|pub|conf|cfg|ini|xml|html?|css|md|go|rs|java|rb|php|sh|env|log"
    r"|png|jpe?g|gif|svg|jar|gz|zip|com|org|net|io|p12|pfx|jks)\Z",
    re.DOTALL,
)
_BASE64 = re.compile(r"[0-9A-Za-z+/]{20,}={0,2}\Z")
# Pieces joined by dots, one of which is longer than names are and has digits in it
_DOTTED_KEY = re.compile(r"(?=[\w.\-]*?(?<![\w\-])(?=[\w\-]*?\d[\w\-]*?\d)[\w\-]{24})[\w.\-]{30,}\Z")
_PATH_WORDS = 0.3  # share in words of a path; a key in base 64 that begins with a slash has less
_JOINED = re.compile(r"[A-Za-z]+(?:[._\-/ :][A-Za-z]+)+\Z")


def entropy(value: str) -> float:
    """Shannon entropy of the characters of `value`, in bits per character."""
    total = len(value)
    return -sum(n / total * math.log2(n / total) for n in Counter(value).values()) if total else 0.0


def is_template(value: str) -> bool:
    """True if `value` as a whole refers to a variable, a template's field or another store."""
    return _TEMPLATE.match(value) is not None


def is_stand_in(value: str) -> bool:
    """True if `value` stands for one: a template, a word for "something", a row of crosses or dots."""
    return value.lower() in _PLAIN or is_template(value) or _is_said(value)


def _is_said(value: str) -> bool:
    """True if the value says that it is none, or is filled with crosses, zeros or a row of the keyboard."""
    if _SAID.search(value) is not None or _is_said_shortly(value):
        return True
    filled = sum(match.end() - match.start() for match in _FILLED.finditer(value))
    return filled > (0 if len(value) < _FILLED_LEAST else _FILLED_SHARE * len(value))


def _is_said_shortly(value: str) -> bool:
    for match in _SAID_SHORT.finditer(value):
        word = match[0]
        if len(value) < _LONG or (
            (word.islower() or word.isupper() or word.istitle())
            and (word_share(value) >= _SAID_SHORT_SHARE or _is_apart(value, *match.span()))
        ):
            return True
    return False


def _is_apart(value: str, start: int, end: int) -> bool:
    return not value[start - 1 : start].isalnum() and not value[end : end + 1].isalnum()


def is_code(value: str) -> bool:
    """True for a dotted name, a call, a path, an address or the name of a file."""
    if _CODE.match(value) is None:
        return False
    if _DOTTED_KEY.match(value) and word_share(value) < _PATH_WORDS:
        return False
    return not (value.startswith("/") and _BASE64.match(value) and word_share(value) < _PATH_WORDS)


def is_joined_words(value: str) -> bool:
    """True for letters only, joined by dots, dashes, underscores, slashes or spaces."""
    return _JOINED.match(value) is not None


def word_share(value: str) -> float:
    """The share of `value`'s characters that stand in words, as far as pairs of letters can tell."""
    inside = 0
    for segment in _SEGMENT.findall(value):
        size = len(segment)
        if word_score(segment.lower()) > (2.5 if size == 3 else 1.6 if size < 6 else 0.6):  # noqa: PLR2004 - the shorter, the surer
            inside += size
    return inside / len(value) if value else 0.0


def is_sequence(value: str, share: float = _RUN) -> bool:
    """True if half of the neighbours are equal or follow each other: `1234567890`, `abcdef`, `00000001`."""
    if len(value) < 4:  # noqa: PLR2004 - too short to be one
        return False
    steps = sum(1 for a, b in pairwise(value) if -1 <= ord(b) - ord(a) <= 1)
    return steps >= share * (len(value) - 1)


def is_pair(value: str) -> bool:
    """True for a name and a password in base 64, as RFC 7617 joins them."""
    try:
        return ":" in base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return False


def is_token(value: str, *, words: bool = False) -> bool:
    """True if what follows an issuer's prefix can be a token: neither regular, nor words, nor a stand-in.

    `words`: words do not count against it. In capitals without a break chance spells some in one key of a thousand.
    """
    return (
        entropy(value) >= _LEAST - 1e-9
        and (not _is_said(value) or (len(value) > _BLOB and _JOINED_PART.search(value) is None))
        and not is_sequence(value, _RUN_TOKEN)
        and (words or word_share(value) < 0.7)  # noqa: PLR2004 - the prefix speaks for it: only plain words count against
    )


def is_random(value: str) -> bool:
    """True if `value` looks drawn at random, as keys are, by its alphabet, its length and what stands in it."""
    if len(value) < 8 or _NUMBER.match(value):  # noqa: PLR2004 - shorter ones are settings
        return False
    bits = entropy(value)
    if _HEX.match(value):
        if bits < _RANDOM_HEX or len(value) < 10:  # noqa: PLR2004 - short hex is a colour, a revision, a number
            return False
    elif bits < (_RANDOM_LONG if len(value) >= _LONG else _RANDOM_SHORT):
        return False
    if is_stand_in(value) or is_sequence(value) or is_code(value) or word_share(value) >= _WORDS:
        return False
    if any(c.isdigit() for c in value):
        return not _wordy_with_number(value)
    return len(value) >= _LETTERS_ONLY and _letters_at_random(value)


_WORDY = re.compile(
    r"(?:[A-Za-z]{3,}[_\-. ]?)+\d{1,4}\Z|(?:[A-Za-z]{2,}\d{0,2}[_\-.])+(?:[A-Za-z]{2,}\d{0,3}|\d{1,4})\Z"
)


def _wordy_with_number(value: str) -> bool:
    """`utf8-general-ci`, `sha256_rsa2048`, `oauth2-token1`: names with numbers in them."""
    if _WORDY.match(value) is None:
        return False
    letters = "".join(c for c in value.lower() if "a" <= c <= "z")
    return word_score(letters) > _WORDY_SCORE


def is_letters_at_random(value: str) -> bool:
    """True for 8 letters or more that are no words, in one case or mixed as no identifier is."""
    return len(value) >= 8 and value.isascii() and value.isalpha() and _letters_at_random(value)  # noqa: PLR2004


def _letters_at_random(value: str) -> bool:
    if is_joined_words(value) and "/" not in value and word_share(value) > _PATH_WORDS:
        return False
    letters = "".join(c for c in value.lower() if "a" <= c <= "z")
    return word_score(letters) < -1.0 and (value.lower() == value or value.upper() == value or _mixed(value))


def _mixed(value: str) -> bool:
    """Capitals in the middle of things, as no writer of identifiers sets them."""
    return sum(1 for a, b in pairwise(value) if a.islower() != b.islower()) * 4 >= len(value)
