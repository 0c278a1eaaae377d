"""What the model is told about a word and its neighbours: the one list that training and finding share. Pure.

Features are strings. Those of one word at one distance are the same wherever the word stands, so that their sum can be
kept; so are those that join the sorts of neighbours, which are few. The two that join a word with a form are looked up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streams.privacy.names.kept import Kept
from streams.privacy.names.tokens import EDGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.privacy.names.lexicon import Lexicon

REACH = 2  # words to each side
_LONG = 9
_KEPT = 16_384  # words of which is kept what is known


class Known(NamedTuple):
    """What is known of a word by itself."""

    folded: str  # in small letters
    shape: str
    kind: str  # what the lists say
    sort: str  # the class in joint features: the shape, and what the lists say if it is one that could be named
    form: str  # the shape, and how common the word is in small letters


def known(lexicon: Lexicon) -> Kept[str, Known]:
    """What is known of each word, by word."""
    return Kept(lambda word: _known(word, lexicon), _KEPT)


def _known(word: str, lexicon: Lexicon) -> Known:
    form, kind = shape(word), lexicon.kind(word)
    sort = "x" + kind.lstrip("gGsS") if form == "x" else form + kind if form[0] in "Xx" else form
    return Known(word.lower().replace("\u2019", "'"), form, kind, sort, form + kind[-1])


def shape(word: str) -> str:
    """`X.` `Xx` `XX` `xX` `XxX` `x` `9` `@` `#` `u` (address), or the sign itself."""
    first = word[0]
    if first.isalpha():
        if len(word) > 1 and word[-1] == "." and len(word) <= 2:  # noqa: PLR2004 - an initial
            return "X."
        if word.islower():
            return "u" if "@" in word or "://" in word or word.startswith("www.") else "x"
        if word.isupper():
            return "X" if len(word) == 1 else "XX."[: 3 if word[-1] == "." else 2] + ("4" if len(word) > 4 else "")  # noqa: PLR2004
        if "@" in word or "://" in word:
            return "u"
        if "-" in word:
            return "X-X"
        if first.isupper():
            return "Xx" if word[1:].rstrip(".").islower() else ("X'X" if "'" in word or "\u2019" in word else "XxX")
        return "xX"
    if first.isdigit():
        return "9999" if len(word) == 4 else "9"  # noqa: PLR2004 - a year
    if first in "@#" and len(word) > 1:
        return first
    return word if len(word) == 1 else word[:2]


def own(word: str, known: Known) -> list[str]:
    """Features of a word for its own label."""
    folded = known.folded.rstrip(".") or word
    form, kind = known.shape, known.kind
    given = [
        f"w={folded}",
        f"s={form}",
        f"k={kind}",
        f"sk={form}{kind}",
        f"p2={folded[:2]}",
        f"p3={folded[:3]}",
        f"e2={folded[-2:]}",
        f"e3={folded[-3:]}",
        f"e4={folded[-4:]}",
        f"n={min(len(word), _LONG)}{form}",
        f"c={kind[-1]}",
    ]
    given += [f"l={letter}" for letter in kind[:-1]]
    return given


def near(known: Known, distance: int) -> list[str]:
    """Features of a word for the label of the one `distance` words before (negative: behind) it."""
    word, sort = f"{distance}w={known.folded}", f"{distance}k={known.sort}"
    if abs(distance) == 1:
        return [word, f"{distance}s={known.shape}", sort, f"{distance}e={known.folded[-3:]}"]
    return [word, sort]


def joint(before: str, word: str, after: str, heading: str) -> list[str]:
    """Features that join the sorts of a word and its neighbours, and of the line."""
    return [f"bk={before}|{word}", f"ak={word}|{after}", f"t={before}|{word}|{after}", f"h={heading}|{word}"]


def behind(before: str, form: str) -> str:
    """The feature that joins the form of a word with the word before it."""
    return f"bw={before.lower()}|{form}"


def before(form: str, after: str) -> str:
    """The feature that joins the form of a word with the word behind it."""
    return f"aw={form}|{after.lower()}"


def heading(words: Sequence[str]) -> str:
    """How a line is capitalised: `t` like a heading, `u` all in capitals, `l` nothing, `` like a sentence."""
    letters = [word for word in words if len(word) > 2 and word[0].isalpha()]  # noqa: PLR2004 - "a", "of", "to" say nothing
    large = sum([word[0].isupper() for word in letters])
    if not large:
        return "l"
    if len(letters) > 1 and large * 2 > len(letters) < sum([word.isupper() for word in letters]) * 2:
        return "u"
    if len(letters) > 3 and large * 4 >= len(letters) * 3:  # noqa: PLR2004 - three words are a name rather than a heading
        return "t"
    return "s1" if len(letters) <= 2 else "s"  # noqa: PLR2004


def around(words: Sequence[str], i: int) -> tuple[str, str, str, str]:
    """The two words before and the two behind word `i` of a line."""
    last = len(words) - 1
    return (
        words[i - 2] if i > 1 else EDGE,
        words[i - 1] if i else EDGE,
        words[i + 1] if i < last else EDGE,
        words[i + 2] if i + 1 < last else EDGE,
    )


def features(words: Sequence[str], i: int, known: Kept[str, Known], line: str) -> list[str]:
    """All features of word `i`; `line` is the line's `heading`."""
    word_2, word_1, word1, word2 = around(words, i)
    here, last, next_ = known[words[i]], known[word_1], known[word1]
    return [
        *own(words[i], here),
        *near(known[word_2], -2),
        *near(last, -1),
        *near(next_, 1),
        *near(known[word2], 2),
        *joint(last.sort, here.sort, next_.sort, line),
        behind(word_1, here.form),
        before(here.form, word1),
    ]
