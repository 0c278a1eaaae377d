"""Values by the name they are given: `api_key = "…"`, `"password": "…"`, `--token …`, `<pwd>…</pwd>`. Pure.

Every place where a word such as `token` stands is looked at, and what follows must be the syntax of an assignment and
a value that such a name can have.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streams.privacy.secrets import layouts, names
from streams.privacy.secrets.values import (
    UUID,
    VERSION,
    entropy,
    is_code,
    is_joined_words,
    is_letters_at_random,
    is_pair,
    is_random,
    is_sequence,
    is_stand_in,
    is_template,
    word_share,
)
from streams.surrogates import SECRET, Found

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 160  # characters of a value without quotes that are looked at; `_MORE` goes on with it
_VALUE = (
    r"(?:[rbufRBUF]{1,2}(?=[\"'])|@(?=\")|\$(?='))?(?:"
    r"\\{1,3}\"(?P<e>[^\"\\\n]{1,400})\\|\\{1,3}'(?P<g>[^'\\\n]{1,400})\\|\"\"\"(?P<t>[^\"\n]{1,400})\"\"\""
    r"|\"(?P<d>(?:[^\"\n\\]|\\.){1,8000})(?:\"|\Z)|'(?P<s>(?:[^'\n\\]|\\.){1,8000})(?:'|\Z)"
    r"|`(?P<k>[^`\n]{1,2000})(?:`|\Z)"
    r"|(?P<b>[^\s\"'`,;<>(){}\[\]\\]{1,160}))"
)
_TYPE = (
    r"(?:[ \t]{0,3}:[ \t]{0,3}(?:&'|[\w.\[\]<>|?*& ]){1,30}?(?=\s{1,3}=|=[ \t]?[\"'])"
    r"|[ \t]{1,3}[\w*\[\].<>]{1,20}(?=\s{0,3}:?=))?"
)
_SEPARATOR = (
    r"(?P<sep>\{(?=\s{0,3}[ \t]{0,20}\")|(?:or|\|\||\?\?)(?=\s{0,3}[ \t]{0,20}[\"'`])"
    r"|=>|:=|\?=|\|\|=|!==?|={1,3}|::=|:{1,2}|->|,|[ \t](?=[\"']))"
)
_AFTER = re.compile(
    r"(?P<rest>[\w.\-]{0,60}(?:[ \t][\w.\-]{1,20}){0,2}?)(?P<close>\\{0,3}[\"'`]?[\])]{0,2})"
    + _TYPE
    + r"\s{0,3}(?:[ \t]{1,40}+(?=[:=]))?"
    + _SEPARATOR
    + r"\s{0,3}[ \t]{0,40}+\(?"
    + _VALUE
)
# name: TOKEN, value: x - Kubernetes, ECS, CloudFormation, NuGet, Postman; NAME: {value: x} - Azure, Terraform
_PAIR = re.compile(
    r"(?P<rest>[\w.\-]{0,60})(?P<close>\\?[\"'`]?)(?:,|[ \t]{0,3}[:=]?[ \t]{0,3}\{)?\s{0,40}-?\s{0,4}\\?[\"']?"
    r"(?:(?:type|description|sensitive)[ \t]{0,9}=[^\n]{0,80}\n\s{0,40}){0,3}(?:\w{0,12}[Vv]alue|default)\\?[\"']?"
    r"(?P<sep>\s{0,3}[:=]|>)\s{0,3}" + _VALUE
)
# shells and prose: --password x, ENV TOKEN x, the password is x
_BARE = re.compile(
    r"(?P<rest>[\w.\-]{0,60})(?P<close>[\"'`]?)(?P<sep>[ \t]{1,3}(?:is|was|to|=|:)?:?[ \t]{0,3})" + _VALUE
)
_REST = re.compile(r"[\w.\-]{0,60}")
_FOLLOWS = frozenset("\"'`\\])>:=,|?!{ \t\r\n")  # what may stand behind a name whose value follows
_MORE = re.compile(r"[^\s\"'`,;<>(){}\[\]\\]*")
_FIELD = re.compile(r"&(?:amp;)?[\w.\-]{1,40}=")  # of a query, behind the value
_LINE = re.compile(r"(?:^|\n)[ \t]*(?:#[ \t]*|export |set )?\Z")
_LINE_ENDS = re.compile(r"[ \t]*(?:[ \t]#[^\n]*)?(?=\r|\n|\Z)")
_SECTION = re.compile(
    r"(?:^|\n)\[[\w .:/\-]{1,60}\][ \t]*\r?\n(?:[ \t]*[\w.\-]{1,40}[ \t]*[=:][^\n]{0,200}\n){0,8}[ \t]*\Z"
)
_BEFORE = re.compile(r"[\w.\-]{0,60}")
_OPTION = re.compile(r"--?[\w\-]+\Z")
_QUOTED = ("d", "s", "k", "e", "g", "t")
_PASSES = re.compile(r"(?:^|[^0-9A-Za-z_])pass(?:es|ed|ing)?[ \t]+\w", re.IGNORECASE)
_STATED = re.compile(r"\s*(?:is|was)\b")
_SCHEME = re.compile(r"(?:bearer|basic|token|apikey)\s+", re.IGNORECASE)

_SHORTEST_PASSWORD, _SHORTEST_SPACED, _SHORTEST_KEY, _SHORTEST_WEAK = 4, 6, 8, 16
_SHORTEST_TOLD = 24  # after "key" and the like, without a sign between
_LONGEST_PASSWORD = 159
_IN_ADDRESS = frozenset(("key", "auth", "access", "api"))  # names that say more in the query of an address
_APART = 4  # characters between a comma and what it sets apart from a name
_UUID_BITS = 2.5  # bits per character: less have only those that stand for one
_KEY_BITS, _KEY_WORDS = 3.0, 0.4  # bits per character, share in words: of a key whose name speaks for it


def named(text: str, folded: bytes) -> Iterator[Found]:
    """Values that stand after a name that announces a secret. `folded` is the text in ASCII and lower case."""
    places: list[int] = []
    for word in names.WORDS:
        at = folded.find(word)
        while at >= 0:
            places.append(at)
            at = folded.find(word, at + len(word))
    places.sort()
    done = ends = -1
    for at in places:
        if at < done or (rest := _REST.match(text, at)) is None or rest.end() == ends:
            continue  # in a secret, or in the name that the last place stood in
        ends = rest.end()
        if text[ends : ends + 1] not in _FOLLOWS:
            continue  # a call, an operand, the end; or longer than names are
        if (hit := _at(text, at, text[ends])) is not None:
            done = hit.end
            yield hit


def _at(text: str, at: int, follows: str) -> Found | None:
    """The value of the name around `at`, behind which `follows` stands, if it is a secret."""
    left = _BEFORE.match(text[max(0, at - 60) : at][::-1])
    before = left[0][::-1] if left else ""
    first = at - len(before)
    if text[max(0, first - 2) : first] == "::" or text[max(0, first - 4) : first] == "aws:":
        return None  # a type: AWS::IAM::AccessKey; arn:aws:secretsmanager:
    match = _AFTER.match(text, at)
    if match is None or match["sep"] == "," or text.startswith("|", match.end("sep") + 1):
        place = layouts.block(text, at)
        if place is None and (text[max(0, first - 1) : first] == "<" or follows in {"'", '"'}):
            place = layouts.element(text, at)
        if place is not None:
            ends, start, end, quoted = place
            line = text[start:end].split("\n", 1)[0].rstrip()  # further lines are there because they look alike
            score = _score(before + text[at:ends], line, "", quoted=quoted)
            return Found(start, end, SECRET, score) if score else None
        match = _PAIR.match(text, at) or match
    if match is None:
        match = _BARE.match(text, at)
        if match is None:
            return None
        option = before.startswith("-") and _OPTION.match(before + match["rest"] or "-")
        if not (option or _STATED.match(match["sep"]) or _is_docker(text, first) or _is_told(match, before)):
            return None
    return _value(text, match, first, before + text[at : match.end("rest")])


def _value(text: str, match: re.Match[str], first: int, name: str) -> Found | None:
    """What `match` says is the value of `name`, which begins at `first`, if it is a secret."""
    group = next(one for one in ("d", "s", "b", "k", "e", "g", "t") if match[one] is not None)
    start, end = match.span(group)
    quoted = group != "b"
    after = text[end : end + 1]
    if quoted:
        inner = text[start:end].strip()
        start = text.index(inner, start) if inner else end
        end = start + len(inner)
    else:
        literal = _LINE_ENDS.match(text, end) is not None and _is_literal(text, match, first, name)
        if (next_field := _FIELD.search(text, start, end)) is not None:
            end = next_field.start()
        end = start + len(text[start:end].rstrip(".,;:?&|" if match["sep"] in {"=", ":"} else ".,;:!?&|"))
        quoted = literal
    if (scheme := _SCHEME.match(text, start, end)) is not None:
        start = scheme.end()
    if start >= end or not _is_place(match, quoted=quoted):
        return None
    if after in {":", "="} and "\n" in text[match.end("sep") : start]:
        return None  # a name below a name
    if name in _IN_ADDRESS and text[first - 1 : first] in {"?", "&"}:
        name = "api_key"
    score = _score(name, text[start:end], after, quoted=quoted)
    if score and match.end(group) - match.start(group) == _LONGEST and (more := _MORE.match(text, end)) is not None:
        end = more.end()
    return Found(start, end, SECRET, score) if score else None


def _is_literal(text: str, match: re.Match[str], first: int, name: str) -> bool:
    """True where words need no quotes: `NAME=value` or `some.name=value` on a line of its own, in a section's lines."""
    if match["sep"] not in {"=", ":"}:
        return False
    if match.end("close") == match.start("sep") and text[match.start("sep") : match.start("b")] == "=":
        if name.startswith("_") and text[first - 1 : first] == ":":
            return True  # npmrc(5)
        if not any(c.islower() for c in name) or "." in name:
            return _LINE.search(text, max(0, first - 10), first) is not None
    return name.isalpha() and _SECTION.search(text, max(0, first - 400), first) is not None


def _is_told(match: re.Match[str], before: str) -> bool:
    """True for a key right after the words that announce one: `using token spu-3f10…`."""
    value = match.group(match.lastindex or 0)
    strength = names.strength(before + match["rest"])
    return (
        strength > 0
        and len(value) >= (_SHORTEST_WEAK if strength > 1 else _SHORTEST_TOLD)
        and any(c.isdigit() for c in value)
        and is_random(value)
    )


def _is_docker(text: str, at: int) -> bool:
    return text[max(0, at - 4) : at] in {"ENV ", "ARG "} or text[max(0, at - 8) : at] == "#define "


def _is_place(match: re.Match[str], *, quoted: bool) -> bool:
    """Commas separate arguments only if both sides are quoted."""
    if match["sep"] == ",":
        value = match.group(match.lastindex or 0)
        if match.start(match.lastindex or 0) - match.end("sep") > _APART:
            return False  # an entry of a list below another
        return quoted and bool(match["close"]) and (any(c.isdigit() for c in value) or is_letters_at_random(value))
    if match["sep"].isspace():
        before = match.string[max(0, match.start() - 1) : match.start()]
        return before.isalpha() or match.string[match.start() : match.start("sep")].lower() != "pass"
    return True


def _score(name: str, value: str, after: str, *, quoted: bool) -> float:
    """How sure it is that `value`, of the name `name`, is a secret; 0: it is none."""
    if _PASSES.search(name):
        return 0.0
    if is_template(value) or names.is_about_something_else(name) or value.startswith("<SECRET_"):
        return 0.0
    if names.is_password(name):
        if len(value) > _LONGEST_PASSWORD:
            return 0.0
        return (0.8 if quoted else 0.7) if _password(value, after, quoted=quoted) else 0.0
    strength = names.strength(name)
    if name.endswith(("auth", "AUTH")) and is_pair(value):
        return 0.8  # docker's config.json, npmrc(5)
    if strength == 0 or after in {"(", "["} or (not quoted and after in {".", "{"}):
        return 0.0
    if len(value) < (_SHORTEST_KEY if strength > 1 else _SHORTEST_WEAK) or " " in value:
        return 0.0
    if UUID.match(value):
        return 0.8 if (strength > 1 or names.is_some_key(name)) and entropy(value) >= _UUID_BITS else 0.0
    if not is_random(value):
        made = quoted and (_mixture(value) or _is_drawn(value))
        return 0.75 if strength > 1 and made else 0.0
    if strength > 1 or (entropy(value) >= _KEY_BITS and not value.isdigit()):
        return 0.8
    return 0.0


def _is_drawn(value: str) -> bool:
    """Letters only, or a long number: random, if somebody calls it a key."""
    if is_stand_in(value) or is_sequence(value):
        return False
    return is_letters_at_random(value) or (value.isdigit() and len(value) >= _SHORTEST_WEAK)


def _mixture(value: str) -> bool:
    """Letters, digits and signs that no identifier has: what people make up when they are asked for a secret."""
    return (
        any(c.isdigit() for c in value)
        and any(c.isalpha() for c in value)
        and any(c in "!@#$%^&*+~?=|" for c in value)
        and not is_stand_in(value)
        and not is_code(value)
        and not is_sequence(value)
    )


_IDENTIFIER = re.compile(r"[A-Za-z_]\w*\Z")
_CAPITALISED = re.compile(r"[A-Z][a-z]+(?:[ \-'][A-Za-z]+)*[.!?:…]*\Z|[A-Z]{2,}(?:_[A-Z0-9]+)+\Z")


def _password(value: str, after: str, *, quoted: bool) -> bool:
    """Words are passwords too, so what counts against a value is that it is code, a label, or a stand-in."""
    if len(value) < (_SHORTEST_PASSWORD if quoted else _SHORTEST_SPACED) or len(set(value)) < 3:  # noqa: PLR2004 - "aaaa", "****"
        return False
    if is_stand_in(value) or is_code(value) or _CAPITALISED.match(value) or VERSION.match(value):
        return False
    if not quoted:
        if after == ">" and value.endswith("-"):
            return False  # a field or method, in C, Perl or PHP
        value = value.lstrip("*&")  # Go, Rust, C: of a variable
        plain = _IDENTIFIER.match(value) is not None
        if after in {"(", "[", "{", "."} or (plain and after in {",", ")"} and not _is_made(value)):
            return False
        if value.isalpha():
            return is_letters_at_random(value)
        return any(c.isdigit() for c in value) or not is_joined_words(value)
    if " " in value:
        return False
    if is_joined_words(value):
        return False
    return not (_IDENTIFIER.match(value) and "_" in value and word_share(value) > 0.6)  # noqa: PLR2004 - a name of something


def _is_made(value: str) -> bool:
    """Capitals, small letters and a digit between them, or two digits, as few variables have."""
    inside = sum(c.isdigit() for c in value[1:-1])
    return (
        inside > 0
        and any(c.isupper() for c in (value if inside > 1 else value[1:]))
        and any(c.islower() for c in value)
        and "_" not in value
        and word_share(value) < _KEY_WORDS
    )
