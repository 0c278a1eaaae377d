"""The identifiers of a piece of code, by a lexer of a few rules, and how far those of two pieces agree. Pure.

Identifier match is that of CrossCodeEval (Ding et al., NeurIPS 2023, section 3.2): F1 over the sets of identifiers of
prediction and reference, without the keywords. There a parser of each language finds them; here strings and comments
are left out by the language's signs for them, and words that are a keyword of any common language.
"""

from __future__ import annotations

import re
from typing import Final

# A sign that is left open ends with its line. Not so an apostrophe (`&'a str`, `it's`): it may be no string at all, and
# is looked for over a few characters only, or a text of nothing but them would be read again from each.
_STRING = r"\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n]){0,100}'"
_LONG = r"'''(?s:.*?)(?:'''|\Z)|\"\"\"(?s:.*?)(?:\"\"\"|\Z)"
_NAME = r"([^\W\d]\w*)"  # the only group: empty where it is something else
_NUMBER = r"\d\w*"


def _lexer(*others: str) -> re.Pattern[str]:
    return re.compile("|".join((*others, _STRING, _NAME, _NUMBER)))


def _named(names: str) -> list[str]:
    return names.split()


# By what begins a comment.
_SLASHES = _lexer(r"//[^\n]*", r"/\*(?s:.*?)(?:\*/|\Z)", r"`(?:\\.|[^`\\])*`?")
_HASH = _lexer(r"\#[^\n]*", _LONG)
_DASHES = _lexer(r"--\[\[(?s:.*?)(?:\]\]|\Z)", r"--[^\n]*", r"/\*(?s:.*?)(?:\*/|\Z)", r"\{-(?s:.*?)(?:-\}|\Z)")
_MARKUP = _lexer(r"<!--(?s:.*?)(?:-->|\Z)", r"/\*(?s:.*?)(?:\*/|\Z)")
_OTHER = _lexer()

_LEXERS: Final[dict[str, re.Pattern[str]]] = {
    name: lexer
    for lexer, names in (
        (_SLASHES, "c c++ cpp objective-c objectivec c# csharp cs java javascript js jsx typescript ts tsx go golang"),
        (_SLASHES, "javascriptreact typescriptreact rust rs kotlin kt swift scala dart groovy php zig solidity proto"),
        (_SLASHES, "proto3 jsonc less scss verilog systemverilog cuda glsl hlsl"),
        (_HASH, "python py ruby rb shell shellscript bash sh zsh fish perl pl r julia jl yaml yml toml makefile ini"),
        (_HASH, "dockerfile cmake elixir ex nix powershell ps1 terraform hcl coffeescript graphql nim crystal bazel"),
        (_HASH, "starlark properties"),
        (_DASHES, "sql plsql mysql postgresql tsql lua haskell hs elm ada vhdl purescript"),
        (_MARKUP, "html xml svg vue svelte css"),
        (_OTHER, "json clojure clj lisp scheme racket erlang erl fortran cobol pascal delphi matlab vb f# fsharp"),
        (_OTHER, "ocaml ml prolog assembly asm jupyter"),
    )
    for name in _named(names)
}
# Texts that a person writes for people, whatever the surface. Codes of natural languages come besides.
_PROSE: Final = frozenset(
    _named(
        "markdown md mdx text txt plaintext plain rst restructuredtext asciidoc org latex tex prose english git-commit"
    )
)
_NATURAL = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*")
_CODE_SURFACES: Final = frozenset({"ide", "terminal"})
# Where `pl` and `cs` are Perl and C#; elsewhere they are Polish and Czech.
_TWO_LETTERS: Final = _CODE_SURFACES | {"agent", "review"}

# Of C, C++, C#, Go, Java, JavaScript, Kotlin, PHP, Python, Ruby, Rust, shell, SQL, Swift, TypeScript: their reference
# manuals' lists, without those that are mostly names (`get`, `data`, `type`, `value`).
_KEYWORDS: Final = frozenset(
    _named(
        """abstract alias and as assert async auto await begin bool boolean break by byte case catch chan char
        class const constexpr continue create crate debugger declare def default defer del delete delegate do
        done double dyn echo elif else elsif end ensure enum esac except exec explicit export extends extern
        fallthrough false fi final finally float fn for foreach friend from fun func function global go goto
        group guard having if impl implements implicit import in include inline inner insert instanceof int
        interface internal into is join lambda let lock long loop match mod module move mut mutable namespace
        native new nil nonlocal noexcept not null nullptr None of on operator or order out outer override
        package params pass private protected protocol public raise range readonly ref register require rescue
        return sealed select self set short signed sizeof static str string struct super switch synchronized
        template then this throw throws trait transient true True False try typedef typename typeof union unless
        unsafe unsigned until unwrap update use using val values var virtual void volatile when where while with
        yield"""
    )
)


def is_code(language: str, surface: str) -> bool:
    """Whether a text is code: by its language as the producer names it, or by the surface if it names none we know."""
    name = language.strip().casefold()
    if name in _LEXERS and (len(name) != 2 or surface in _TWO_LETTERS):  # noqa: PLR2004 - as ISO 639-1 has
        return True
    if name in _PROSE or (name and _NATURAL.fullmatch(name)):
        return False
    return surface in _CODE_SURFACES


def identifiers(text: str, language: str = "") -> frozenset[str]:
    """The names in a piece of code, outside of strings and comments, that are no keywords."""
    lexer = _LEXERS.get(language.strip().casefold(), _OTHER)
    return frozenset(filter(None, lexer.findall(text))) - _KEYWORDS


def identifier_match(suggestion: str, final: str, language: str = "") -> float:
    """F1 of the identifiers of both, 0 to 1; 1.0 if neither has any."""
    ours, theirs = identifiers(suggestion, language), identifiers(final, language)
    whole = len(ours) + len(theirs)
    return 2 * len(ours & theirs) / whole if whole else 1.0
