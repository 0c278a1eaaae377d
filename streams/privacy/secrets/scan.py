"""One pass over a text for all rules. Pure.

The text is mapped to bytes once (a code point each, so offsets stay) and searched there for what must be present: runs
of a token's characters, marks of structures, words of names. Only around these the expressions run.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streams.privacy.secrets import assignments, blocks, dotted, files, issued, issuers, platforms, products, tokens
from streams.privacy.secrets.rules import UUID
from streams.privacy.secrets.structures import STRUCTURES
from streams.privacy.secrets.values import is_random, is_token
from streams.surrogates import SECRET, Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.privacy.secrets.rules import Structure, Token

TOKENS = tokens.TOKENS + issuers.TOKENS + platforms.TOKENS + products.TOKENS + dotted.TOKENS

_RUN = 14  # characters: no token with a prefix is shorter, nor any key with an issuer's name
_ALPHABET = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-")
_CLASSES = bytes(ord("a") if byte in _ALPHABET else ord(" ") for byte in range(256))
_WIDE = bytes(byte if byte in _ALPHABET or byte in b"+/=.~%*" else ord(" ") for byte in range(256))
_JOINING = frozenset((b"+", b"/", b"=", b".", b"~", b"%", b"*"))
_DIGITS = bytes(ord("0") if byte in b"0123456789" else ord(" ") for byte in range(256))
_NEEDLE = b"a" * _RUN
_PREFIX = 2
_BLOB = 40  # characters of base 64 before a token that cannot be a path
_BASE64 = re.compile(rb"[0-9A-Za-z+/]*")
_BACK = 300  # characters before a run that may belong to its token
_SIGNS = re.compile(rb"[=/.%]")
_STARTS = 8  # places where the token of a run may begin
_JOINT = re.compile(r"[_\-]")
_TAIL = re.compile(r"[0-9A-Za-z_\-+/=:~.%]*")
_HEAD = re.compile(r"[0-9A-Za-z_\-+/]*")
_TOKEN_END = re.compile(r"[.:%\-_]+\Z")
_APP = re.compile(r"[0-9]{15,16}(?:\||%7C|%)(?P<v>[0-9A-Za-z_\-]{27,40})(?![0-9A-Za-z_\-])")
# Keys of Mailgun, TrueNAS and ngrok
_SHAPES = re.compile(
    r"[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}|[0-9]{1,3}-(?=[0-9a-zA-Z]*[0-9])[0-9A-Za-z]{64}"
    r"|[12][0-9A-Za-z]{26}_[0-9A-Za-z]{21}",
    re.ASCII,
)
# Two runs with a sign between them: Admin keys of Ghost, keys of fal, tokens of Asana, keys of Zhipu
_PAIR = re.compile(
    rf"(?:[0-9a-f]{{24}}:[0-9a-f]{{64}}|{UUID}:[0-9a-f]{{32}}|(?<=/)[0-9]{{14,20}}:[0-9a-f]{{32}}"
    r"|[0-9a-f]{32}\.(?=[A-Za-z]*[0-9])(?=[^A-Z]*[A-Z])[0-9A-Za-z]{16})(?![\w.(])",
    re.ASCII,
)
_COLOUR = re.compile(r"[\d;]{1,9}m")  # ECMA-48: what is left of the sequence that sets a colour
# Prefix, joint, and what a generator of tokens puts behind it; `k`: the prefix says what it is
_UNKNOWN = re.compile(
    r"(?P<p>[a-z][0-9a-z]{1,11}|[A-Z][0-9A-Z]{1,11})(?P<k>(?:[_\-](?:live|test|prod|sk|pat|api|key|token|secret|v?\d))*)[_\-]"
    r"(?P<v>[0-9A-Za-z]{32,120})"
)
_UNKNOWN_LEAST, _UNKNOWN_DIGITS = 35, 3
# Prefixes of digests, and of names of what is no token
_NO_ISSUER_WORDS = (
    "sha1 sha256 sha384 sha512 md5 hash resp msg id uid uuid file img image chunk run thread user session object build "
    "cache etag commit rev version test"
)
_NO_ISSUERS = frozenset(_NO_ISSUER_WORDS.split())
_LONGEST = 8192
_AROUND = 600  # characters after a mark that stands in the middle

_BY_PREFIX: dict[bytes, list[Token]] = {}
for _rule in TOKENS:
    for _prefix in _rule.prefixes.split():
        _BY_PREFIX.setdefault(_prefix[:_PREFIX].encode(), []).append(_rule)
_BY_PREFIX = {key: list(dict.fromkeys(rules)) for key, rules in _BY_PREFIX.items()}
_GATED: dict[bytes, list[tuple[bool, tuple[bytes, ...], Structure]]] = {}
for _one in STRUCTURES:
    if not _one.near:
        _marks = tuple(mark.encode() for mark in _one.marks.split())
        _GATED.setdefault(_one.gate.lower().encode(), []).append((_one.folded, _marks, _one))
_NEAR: tuple[tuple[bytes, bool, Structure], ...] = tuple(
    (mark.encode(), rule.folded, rule) for rule in STRUCTURES for mark in rule.marks.split() if rule.near
)
_ANY_NEAR = re.compile(b"|".join(sorted({re.escape(mark.lower()) for mark, _, _ in _NEAR})))
_BEFORE, _AFTER = 160, 60  # characters around a run in which the mark of its structure stands


def find(text: str) -> list[Found]:
    """Every secret in `text`; overlapping ones are all given."""
    data = text.encode("ascii", "replace")
    folded = data.lower()
    found = list(_runs(text, data))
    for gate, rules in _GATED.items():
        if gate in folded:
            for fold, marks, rule in rules:
                where = folded if fold else data
                for mark in marks:
                    if (at := where.find(mark)) >= 0:
                        found.extend(_marked(text, where, mark, at, rule))
    found.extend(assignments.named(text, folded))
    found.extend(files.hashes(text, data))
    if b"-----BEGIN" in data:
        found.extend(blocks.private_keys(text))
    if b"secret" in folded and b"kind" in folded:
        found.extend(blocks.kubernetes(text))
    return found


def _marked(text: str, where: bytes, mark: bytes, at: int, rule: Structure) -> Iterator[Found]:
    last = -1
    while at >= 0:
        if at >= last and (hit := _structure(text, at, rule)) is not None:
            yield hit
            last = hit.end
        at = where.find(mark, at + len(mark))


def _structure(text: str, at: int, rule: Structure) -> Found | None:
    if rule.back:
        match = rule.expression.search(text, max(0, at - rule.back), at + _AROUND)
    else:
        match = rule.expression.match(text, at, at + _LONGEST)
    if match is None:
        return None
    groups = rule.expression.groupindex
    start, end = match.span("v" if "v" in groups else 0)
    inner = match["c"] if "c" in groups else text[start:end]
    if not rule.check(inner or ""):
        return None
    return Found(start, end, SECRET, rule.score)


def _runs(text: str, data: bytes) -> Iterator[Found]:
    classes = data.translate(_CLASSES)
    digits = data.translate(_DIGITS)
    tried: dict[tuple[int, str], Found | None] = {}
    at = classes.find(_NEEDLE)
    while at >= 0:
        end = classes.find(b" ", at)
        if end < 0:
            end = len(classes)
        found = _begun(text, data, at) or _token(text, data, at)
        if found is None and digits.find(b"0", at, end) >= 0:
            found = (
                _inside(text, data, at, end)
                or _near(text, data, at, end, tried)
                or _app(text, at, end)
                or _shaped(text, at, end)
                or _unknown(text, at, end)
                or _keyed(text, at, end)
                or issued.joined(text, at, end)
            )
        if found is not None:
            yield found
            end = max(end, found.end)
        at = classes.find(_NEEDLE, end)


def _token(text: str, data: bytes, at: int) -> Found | None:
    rules = _BY_PREFIX.get(data[at : at + _PREFIX])
    if rules is not None:
        for rule in rules:
            match = rule.expression.match(text, at)
            if match is not None and is_token(match["v"], words=rule.words) and not _in_base64(data, at):
                return Found(at, match.end(), SECRET, 0.95)
    return None


def _in_base64(data: bytes, at: int) -> bool:
    """True if a long run of base 64 ends where the token begins: then its letters are a prefix by chance."""
    before = data[max(0, at - _BLOB) : at]
    return len(before) == _BLOB and before[-1:] in {b"+", b"/"} and _BASE64.fullmatch(before) is not None


def _begun(text: str, data: bytes, at: int) -> Found | None:
    """A token that began before the run, with characters that are no part of runs: `ABSK/…`, `sha256~…`."""
    if data[at - 1 : at] not in _JOINING:
        return None
    before = data[max(0, at - _BACK) : at].translate(_WIDE)
    first = before.rfind(b" ") + 1
    starts = [first, *(sign.end() for sign in _SIGNS.finditer(before, first, len(before) - 1))]
    for start in starts[:_STARTS]:
        found = _token(text, data, at - len(before) + start)
        if found is not None and found.end > at:
            return found
    return None


def _inside(text: str, data: bytes, at: int, end: int) -> Found | None:
    """A token that does not begin where its run does: after an escape (`%20`) or a joint (`token_ghp_…`)."""
    before = data[at - 1 : at]
    starts = [at + 1] if before == b"\\" else [at + 2] if before == b"%" else []
    if before == b"[" and (colour := _COLOUR.match(text, at, end)) is not None:
        starts = [colour.end()]
    starts += [joint.end() for joint in _JOINT.finditer(text, at, min(end, at + 80))]
    for start in starts:
        if end - start >= _RUN and (found := _token(text, data, start)) is not None:
            return found
    return None


def _near(text: str, data: bytes, at: int, end: int, tried: dict[tuple[int, str], Found | None]) -> Found | None:
    """A structure with a mark by the run, if it holds the run."""
    first = max(0, at - _BEFORE)
    window = data[first : min(end, at + _LONGEST) + _AFTER]
    folded = window.lower()
    if _ANY_NEAR.search(folded) is None:
        return None
    for mark, fold, rule in _NEAR:
        where = folded if fold else window
        place = where.find(mark)
        while place >= 0:
            key = first + place, rule.name  # marks stand near several runs
            if key not in tried:
                tried[key] = _structure(text, first + place, rule)
            found = tried[key]
            if found is not None and found.start < end and found.end > at:
                return found
            place = where.find(mark, place + len(mark))
    return None


def _shaped(text: str, at: int, end: int) -> Found | None:
    """A run that has the shape of one issuer's keys, and of nothing else."""
    match = _PAIR.match(text, at) if text[end : end + 1] in {":", "."} else None
    match = match or _SHAPES.fullmatch(text, at, end)
    return Found(at, match.end(), SECRET, 0.8) if match is not None and is_token(match[0]) else None


def _app(text: str, at: int, end: int) -> Found | None:
    """An app's number and secret, of Meta: the number is the run."""
    match = _APP.match(text, at) if text[end : end + 1] in {"|", "%"} else None
    return Found(at, match.end(), SECRET, 0.9) if match is not None and is_token(match["v"]) else None


def _unknown(text: str, at: int, end: int) -> Found | None:
    """A token of an issuer nobody here knows: a short prefix, a joint, and far more chance than an identifier has."""
    if end - at < _UNKNOWN_LEAST:
        return None
    match = _UNKNOWN.fullmatch(text, at, end)
    if match is None or text[end : end + 1] in {"=", "/", "+", "."} or text[at - 1 : at] in {"/", ".", "@", "#", "+"}:
        return None
    value = match["v"]
    mixed = any(c.isupper() for c in value) and any(c.islower() for c in value)
    if not (mixed or match["k"]) or match["p"] in _NO_ISSUERS:
        return None
    if sum(c.isdigit() for c in value) < _UNKNOWN_DIGITS or not is_random(value):
        return None
    return Found(at, end, SECRET, 0.6)


def _keyed(text: str, at: int, end: int) -> Found | None:
    """The run, with the characters around it that values have and names have not, as a key of an issuer."""
    if text[at - 1 : at] in {"+", "/"}:
        before = _HEAD.match(text[max(0, at - _BACK) : at][::-1])
        start = at - before.end() if before else at
        tail = _TAIL.match(text, end, end + 400)
        if (found := issued.of_issuer(text, start, tail.end() if tail else end)) is not None:
            return found
    tail = _TAIL.match(text, end, end + 400)
    stop = tail.end() if tail else end
    if stop > end:
        trimmed = _TOKEN_END.sub("", text[at:stop])
        return issued.of_issuer(text, at, at + len(trimmed)) or issued.of_issuer(text, at, end)
    return issued.of_issuer(text, at, end)
