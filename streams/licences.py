"""The kind of licence that a repository is under: one of `schemas.tables.LICENCES`. Pure.

Producers name it as an SPDX licence expression (spdx.github.io/spdx-spec, annex "SPDX license expressions"). Only the
kind is published: which of a hundred licences a repository has can be told from few people. What is weak copyleft
(files, libraries) counts as copyleft. Of `A OR B` one may choose: the freer one counts. Of `A AND B` both hold: the
stricter one.
"""

from __future__ import annotations

import re
from functools import lru_cache

_TOKEN = re.compile(r"[()]|[^\s()]+")
_LONGEST = 200  # characters; the longest expressions of real packages are some 100
PERMISSIVE, COPYLEFT, PROPRIETARY, UNKNOWN = "permissive", "copyleft", "proprietary", "unknown"
# From free to strict. What nobody knows may be anything: strictest, so that it is never chosen for free.
_STRICTNESS = (PERMISSIVE, COPYLEFT, PROPRIETARY, UNKNOWN)

# Beginnings of SPDX identifiers in small letters, without versions.
_BEGINNINGS: tuple[tuple[str, str], ...] = (
    *(
        (name, COPYLEFT)
        for name in ("agpl", "gpl", "lgpl", "mpl", "epl", "cddl", "eupl", "osl", "cecill-1", "cecill-2")
    ),
    *(
        (name, COPYLEFT)
        for name in ("cecill-c", "cpl", "ipl", "ms-rl", "sspl", "cc-by-sa", "odbl", "gfdl", "qpl", "rpl")
    ),
    *(
        (name, PERMISSIVE)
        for name in ("mit", "apache", "bsd", "0bsd", "isc", "unlicense", "cc0", "zlib", "bsl-1.0", "psf")
    ),
    *(
        (name, PERMISSIVE)
        for name in ("python", "ncsa", "postgresql", "artistic-2", "wtfpl", "upl", "ms-pl", "blueoak")
    ),
    *(
        (name, PERMISSIVE)
        for name in ("cc-by-4", "cc-by-3", "x11", "unicode", "ruby", "php", "libpng", "boost", "cecill-b")
    ),
    *((name, PERMISSIVE) for name in ("afl", "ecl", "openssl", "tcl", "w3c", "vim", "curl", "hpnd", "ofl")),
    # NONE: nobody gave any rights. UNLICENSED: npm's word for the same. BUSL and Elastic are source-available.
    *((name, PROPRIETARY) for name in ("none", "unlicensed", "proprietary", "commercial", "licenseref-proprietary")),
    *((name, PROPRIETARY) for name in ("licenseref-commercial", "all-rights-reserved", "busl", "elastic", "cc-by-nc")),
    *((name, PROPRIETARY) for name in ("cc-by-nd", "polyform")),
)
_KNOWN = dict(_BEGINNINGS)


@lru_cache(4_096)  # a repository's licence stands in each of its suggestions
def kind(expression: str) -> str:
    """The kind of an expression; `unknown` for an empty one, one that is none, or one with a licence not listed."""
    if len(expression) > _LONGEST:
        return UNKNOWN
    tokens = _TOKEN.findall(expression.casefold())
    found, rest = _any(tokens)
    return UNKNOWN if rest else found


def _any(tokens: list[str]) -> tuple[str, list[str]]:
    found, tokens = _all(tokens)
    while tokens and tokens[0] == "or":
        other, tokens = _all(tokens[1:])
        found = min(found, other, key=_STRICTNESS.index)
    return found, tokens


def _all(tokens: list[str]) -> tuple[str, list[str]]:
    found, tokens = _one(tokens)
    while tokens and tokens[0] == "and":
        other, tokens = _one(tokens[1:])
        found = max(found, other, key=_STRICTNESS.index)
    return found, tokens


def _one(tokens: list[str]) -> tuple[str, list[str]]:
    if not tokens or tokens[0] in {")", "or", "and", "with"}:
        return UNKNOWN, tokens
    if tokens[0] == "(":
        found, rest = _any(tokens[1:])
        return (found, rest[1:]) if rest and rest[0] == ")" else (UNKNOWN, ["("])
    name, rest = tokens[0], tokens[1:]
    if rest and rest[0] == "with":  # an exception gives more rights, and does not make it another kind
        rest = rest[2:]
    return _named(name), rest


def _named(name: str) -> str:
    """By the longest beginning that is listed and ends where a word of the name ends."""
    name = name.removesuffix("+")
    ends = [place for place, sign in enumerate(name) if sign in "-."] + [len(name)]
    for end in reversed(ends):
        if (known := _KNOWN.get(name[:end])) is not None:
            return known
    return UNKNOWN
