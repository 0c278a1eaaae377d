"""Where a text is prose that a person wrote, and not code, data or a log. Pure.

Judged line by line. What counts: lines with at least four words and few signs; the text of a comment (`#`, `//`, `--`,
`/*`, `*`, `<!--`, `;;`) behind or instead of code; the inside of a string of three words or more. A shorter line
("Kim," or "Lena Fox") goes with the last line that was decided, and counts where none was. What does not: lines with
the marks of code (calls, assignments, braces, arrows, tags), log lines, stack frames, and lines of long unbroken words
(base64, hashes, minified code).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE = re.compile(r"[^\r\n]+")
# Marks of code by a sign and how often it is in them, so that most lines are not searched.
_ENDS = frozenset(";{}[(\\")
_PAIRS = ("->", "=>", "::", ":=", "!=", "&&", "||", "++", "+=", "${", "$(", "}}")
_MARKS = (
    ("(", 1, re.compile(r"[\w\])]\((?!s\))")),
    ("=", 1, re.compile(r"[^\s=!<>]\s?={1,3}\s?[\w\"'({\[\-$]")),
    ("[", 1, re.compile(r"[\w\])]\[")),
    ("<", 1, re.compile(r"</?[a-z][\w:\-]{0,40}(?:\s[^<>]{0,200})?/?>")),
    (".", 3, re.compile(r"[^\W\d]\.\w+\.\w+\.\w")),  # and no address of four numbers
    (":", 1, re.compile(r"\A\s*[\"']?[\w.\-]+[\"']?\s*:\s*(?:[\"'{\[]|[\d.]+,?$|true|false|null|!)")),
)
_OPENS = re.compile(
    r"""\s*(?:(?:def|class|import|package|func|fn|let|const|var|public|private|protected|static|struct|enum|interface
        |namespace|async|await|elif|impl|mod|pub|using|typedef|template|extern|val|SELECT|INSERT|UPDATE|CREATE|ALTER|DROP
        |FROM|WHERE|JOIN)\s\S
    | from\s[\w.]+\simport | return\b | raise\s\w+\b$ | [)\]}] | @[\w.]+(?:\(|\s*$) | \#include | \#!/
    | (?:else:|try:|pass|break|end|fi|done)$
    | (?:if|for|while|with|except|elif|switch|case)\b.*[:{]\s*$ | \$\s)""",
    re.VERBOSE,
)
_LOG = re.compile(
    r"""^\W{0,2}\d{4}-\d\d-\d\d[T\x20]\d\d:\d\d\S*.{0,40}\b(?:INFO|DEBUG|WARN|WARNING|ERROR|TRACE|FATAL|NOTICE)\b
    | ^\W?(?:INFO|DEBUG|WARN|WARNING|ERROR|TRACE|FATAL)\b[:\]\s] | ^\s*at\s[\w$.<>]+\( | ^\s*File\s"
    | ^[A-Z][a-z]{2}\s+\d+\s\d\d:\d\d:\d\d\s\S+\s\S+:
    | ^[dlrwx\-]{10}[.+@]?\s | ^(?:diff\s--git|index\s[0-9a-f]+|@@\s|\+\+\+\s|---\s[ab]/)""",
    re.VERBOSE,
)
_COMMENT = re.compile(r"(?:^|(?<=\s))(?:#+[:!]?|//+!?|--|/\*+|\*+/?|<!--|;;+|\"\"\"|''')\s*(?=\S)")
_LEADING = re.compile(r"[ \t]*(?:#+[:!]?|//+!?|--|/\*+|\*+/?|<!--|;;+|\"\"\"|''')\s*(?=\S)")
# a double quote that is never closed holds the rest of the line; bounds keep both linear
_STRING = re.compile(r"\"((?:[^\"\\]|\\.?)*)\"?|(?<!\w)'((?:[^'\\]|\\.){0,300})'")
_SIGN = re.compile(r"[^\w\s.,;:!?'\"()\-\u2010-\u201f\u2026]|_|\d[\d.,:/\-]+")
_MAY_BE_SIGN = re.compile(r"[^A-Za-z\s.,;:!?'\"()\-]")  # in front of the first of these there is none
_WORD = re.compile(r"[^\W\d_]{2,}")
_MARK = re.compile(r"[#;]|//|--|/\*|\*/|<!|\"\"\"|'''")
_SHOWN = 400  # code points of a line that are judged
_RUN = 40  # code points without a space that are no word
_SHORTEST = 9  # `"a b c d"`
_ENOUGH, _STRING_ENOUGH = 4, 3  # words
_LONG_WORD = 14  # characters a word, on average
_SHARE = 9  # one sign in so many characters


def stretches(text: str) -> Iterator[tuple[int, int]]:
    """Where the prose of `text` is, in order: first and one past the last code point, within a line each.

    Neighbouring lines of prose come as one stretch, so that a sentence broken over lines stays whole.
    """
    waiting: list[tuple[int, int]] = []  # short lines before anything was decided
    decided: bool | None = None
    start = end = -1
    for match in _LINE.finditer(text):
        first, last = match.span()
        verdict = _verdict(match[0])
        if verdict is None:
            if decided is None:
                waiting.append((first, last))
                continue
            verdict = decided
        else:
            if decided is None and waiting:
                if verdict:
                    yield from waiting
                waiting = []
            decided = verdict
        if verdict and (mark := _LEADING.match(text, first, last)) is None:
            if end < 0:
                start = first
            end = last
            continue
        if end >= 0:
            yield start, end
            end = -1
        if verdict and mark:
            yield mark.end(), last
        else:
            yield from _inside(match[0], first)
    if end >= 0:
        yield start, end
    yield from waiting


def _verdict(line: str) -> bool | None:
    """Whether a line is prose; None if it is too short to say."""
    if _OPENS.match(line) or _is_code(line) or _LOG.match(line):
        return False
    if len(line) > _RUN and (line.count(" ", 0, _SHOWN) + 1) * (_RUN // 2) < min(len(line), _SHOWN):
        return False
    shown = min(len(line), _SHOWN)
    first = _MAY_BE_SIGN.search(line, 0, _SHOWN)
    if first and len(_SIGN.findall(line, first.start(), _SHOWN)) * _SHARE > shown + _SHARE:
        return False
    words = len(_WORD.findall(line, 0, _SHOWN))
    if words >= _ENOUGH:
        return shown <= _LONG_WORD * (words + 1)
    return None if shown <= _LONG_WORD * (words + 2) else False


def _is_code(line: str) -> bool:
    if (bare := line.rstrip()) and bare[-1] in _ENDS:
        return True
    for pair in _PAIRS:
        if pair in line:
            return True
    return any(line.count(sign) >= least and mark.search(line) is not None for sign, least, mark in _MARKS)


def _inside(line: str, first: int) -> Iterator[tuple[int, int]]:
    """Prose inside a line of code that begins at `first`: a comment behind it, strings that read like sentences."""
    end = len(line)
    if _MARK.search(line) and (comment := _COMMENT.search(line)):
        content = line[comment.end() :]
        if len(_WORD.findall(content)) > 1 and _verdict(content) is not False:
            yield first + comment.end(), first + end
            end = comment.start()
    if end < _SHORTEST or ('"' not in line and "'" not in line):
        return
    for string in _STRING.finditer(line, 0, end):
        group = 1 if string[1] is not None else 2
        content = string[group]
        if " " in content and len(_WORD.findall(content)) >= _STRING_ENOUGH and _verdict(content) is not False:
            yield first + string.start(group), first + string.end(group)
