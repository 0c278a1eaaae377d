# ruff: noqa: RUF001 - letters of other scripts are what this is about
"""Invented names that anyone can tell from real ones without a key. Pure.

A word is three syllables, the last of which begins with a cluster such as `kv` or `gz`: Kelokvan, Dirumzel. The form is
closed: `WRITTEN` finds every such word and 784,000 of them exist in each alphabet (fewer where two sounds share a
letter), so a finder's hit on one can be told from a hit on a person. The same sounds are written in Latin, Cyrillic,
Greek, Hebrew and Arabic letters, Katakana and Hangul; Han names are three characters, of which the first is no family
name.

What it costs: someone who really is called so is taken for a surrogate and left in the text. No name or
place that Faker has in any locale is one (a test says so); a name outside of them can be.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_ONSETS = "bdfgklmnprstvz"
_VOWELS = "aeiou"
_FIRST, _SECOND = "kgpm", "vz"  # the cluster
_FINALS = ("", "n", "r", "l")
INITIALS = len(_ONSETS)


class _Script(NamedTuple):
    """A way to write: syllables of a name by place, each list in one order for all scripts."""

    first: Sequence[str]  # onset and vowel, the onset slower
    second: Sequence[str]
    last: Sequence[str]  # cluster, vowel, final
    form: re.Pattern[str]


def _any(choices: Sequence[str]) -> str:
    """An expression for one of `choices`; the longer first, so that none is cut short."""
    distinct = sorted(set(choices) - {""}, key=lambda one: (-len(one), one))
    single = "".join(re.escape(one) for one in distinct if len(one) == 1)
    several = [re.escape(one) for one in distinct if len(one) > 1]
    expression = "|".join([*several, f"[{single}]"] if single else several)
    return f"(?:{expression})" + ("?" if "" in choices else "")


def _alphabet(letters: str) -> _Script:
    """A script that writes sounds by letters; `letters` are those of `_ONSETS` and of `_VOWELS`, by spaces."""
    written = dict(zip(_ONSETS + _VOWELS, letters.split(), strict=True))
    onsets, vowels = [written[c] for c in _ONSETS], [written[v] for v in _VOWELS]
    finals = [written.get(f, f) for f in _FINALS]
    clusters = [[written[c] for c in part] for part in (_FIRST, _SECOND)]
    syllables = [c + v for c in onsets for v in vowels]
    form = "".join(map(_any, (onsets, vowels, onsets, vowels, *clusters, vowels, finals)))
    last = [a + b + v + f for a in clusters[0] for b in clusters[1] for v in vowels for f in finals]
    return _Script(syllables, syllables, last, re.compile(form, re.IGNORECASE))


def _katakana() -> _Script:
    rows = {
        **dict(zip("bdgkmnprstz", _rows("バビブベボ ダヂヅデド ガギグゲゴ カキクケコ マミムメモ ナニヌネノ パピプペポ "
                                        "ラリルレロ サシスセソ タチツテト ザジズゼゾ"), strict=True)),
        "f": ["ファ", "フィ", "フ", "フェ", "フォ"],
        "v": ["ヴァ", "ヴィ", "ヴ", "ヴェ", "ヴォ"],
    }  # fmt: skip
    rows["l"] = rows["r"]
    rows = {c: [row["aiueo".index(vowel)] for vowel in _VOWELS] for c, row in rows.items()}
    syllables = [kana for c in _ONSETS for kana in rows[c]]
    heads = dict(zip(_FIRST, "クグプム", strict=True))
    finals = ("", "ン", "ル", "ル")
    last = [heads[a] + kana + f for a in _FIRST for b in _SECOND for kana in rows[b] for f in finals]
    return _syllabary(syllables, syllables, last)


def _rows(rows: str) -> list[list[str]]:
    return [list(row) for row in rows.split()]


def _hangul() -> _Script:
    """Syllables composed as The Unicode Standard, section 3.12, has it."""
    onset = dict(zip(_ONSETS, (7, 3, 17, 0, 15, 5, 6, 2, 17, 5, 9, 16, 7, 12), strict=True))
    vowel = dict(zip(_VOWELS, (0, 5, 20, 8, 13), strict=True))
    final = dict(zip(_FINALS, (0, 4, 8, 21), strict=True))

    def block(c: str, v: str, f: str = "") -> str:
        return chr(0xAC00 + (onset[c] * 21 + vowel[v]) * 28 + final[f])

    heads = dict(zip(_FIRST, "크그프므", strict=True))
    syllables = [block(c, v) for c in _ONSETS for v in _VOWELS]
    last = [heads[a] + block(b, v, f) for a in _FIRST for b in _SECOND for v in _VOWELS for f in _FINALS]
    return _syllabary(syllables, syllables, last)


def _han() -> _Script:
    """Water, hills and light: none of the first is a family name, and no name takes three such in a row."""
    first = "岫汀泠渚溆漪潋澹濛瀛灏岿峤崦嵘崆嶂霏霭霓霰曦暾晷杳皛皙皑翳翛翥翕"
    second = "砾砚磐碣磬磷砧砌钿钗铎铙镡锷镞铩笏笙箫篁篌簟篾篷蒹葭蓼蒺蘼薜荇荻"
    third = "鹂鹄鹑鹞鹧鹭鸥鸢鹬鹳鸬鹚蝉蛩蜻蜓蛱蝶蜉蝣蟋蟀螽蚱蠡蜃鲛鲲鲟鲑鳟鳜"
    return _syllabary(tuple(first), tuple(second), tuple(third))


def _syllabary(first: Sequence[str], second: Sequence[str], last: Sequence[str]) -> _Script:
    return _Script(first, second, last, re.compile(_any(first) + _any(second) + _any(last)))


SCRIPTS: dict[str, _Script] = {
    "latin": _alphabet("b d f g k l m n p r s t v z a e i o u"),
    "cyrillic": _alphabet("б д ф г к л м н п р с т в з а е и о у"),
    "greek": _alphabet("μπ δ φ γ κ λ μ ν π ρ σ τ β ζ α ε ι ο ου"),
    "hebrew": _alphabet("ב ד פ ג ק ל מ נ פ ר ס ט ב ז א ה י ו ו"),
    "arabic": _alphabet("ب د ف گ ك ل م ن پ ر س ت ڤ ز ا ي ي و و"),
    "kana": _katakana(),
    "hangul": _hangul(),
    "han": _han(),
}
# Half-open ranges of code points by script (The Unicode Standard, Blocks.txt); the rest has no invented names.
_BLOCKS = (
    (0x0041, 0x0250, "latin"), (0x0370, 0x0400, "greek"), (0x0400, 0x0530, "cyrillic"), (0x0590, 0x0600, "hebrew"),
    (0x0600, 0x0780, "arabic"), (0x1100, 0x1200, "hangul"), (0x1E00, 0x1F00, "latin"), (0x1F00, 0x2000, "greek"),
    (0x3040, 0x3100, "kana"), (0x3400, 0xA000, "han"), (0xAC00, 0xD7B0, "hangul"), (0xF900, 0xFB00, "han"),
    (0xFB1D, 0xFB50, "hebrew"), (0xFB50, 0xFE00, "arabic"), (0xFE70, 0xFF00, "arabic"), (0xFF21, 0xFF5B, "latin"),
    (0xFF66, 0xFFA0, "kana"), (0x20000, 0x32000, "han"),
)  # fmt: skip
_LETTERS = 1024  # whose script is kept
_CASED = frozenset(("latin", "cyrillic", "greek"))
_ABROAD = re.compile("|".join(f"(?:{s.form.pattern})" for name, s in SCRIPTS.items() if name != "latin"), re.IGNORECASE)
_LETTER_ABROAD = re.compile(r"[\u0370-\u06ff\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")


@lru_cache(_LETTERS)
def script_of(letter: str) -> str | None:
    """The script whose names stand for words that begin with `letter`; None if there is none."""
    code = ord(letter)
    return next((script for low, high, script in _BLOCKS if low <= code < high), None)


def word(script: str, initial: int, number: int, like: str) -> str:
    """An invented name in the letter case of `like`; words of one `initial` begin with one letter, if it is cased."""
    first, second, last, _ = SCRIPTS[script]
    number, at = divmod(number, len(last))
    number, middle = divmod(number, len(second))
    start = initial % INITIALS * len(_VOWELS) + number % len(_VOWELS) if len(first) % INITIALS == 0 else number
    return _cased(first[start % len(first)] + second[middle] + last[at], script, like)


def letter(script: str, initial: int, like: str) -> str:
    """The first letter of those names, alone."""
    return _cased(SCRIPTS[script].first[initial % INITIALS * len(_VOWELS)][0], script, like)


def _cased(name: str, script: str, like: str) -> str:
    if script not in _CASED:
        return name
    if like.isupper():
        return name.capitalize() if len(like) == 1 and len(name) > 1 else name.upper()
    return name.capitalize() if like[:1].isupper() else name


def written(text: str) -> list[tuple[int, int]]:
    """Where invented names stand in `text`, in any letter case, also inside of longer words."""
    spans = [match.span() for match in SCRIPTS["latin"].form.finditer(text)]
    if not text.isascii() and _LETTER_ABROAD.search(text):
        spans += [match.span() for match in _ABROAD.finditer(text)]
    return spans
