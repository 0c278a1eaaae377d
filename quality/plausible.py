"""Is a text in the language that its producer says? Only where both are sure. Pure.

Most texts are done by one look of RE2: one that has two of its language's small words is in it. The few others are read
word by word. No more than a number of rows of a batch are looked at: it is a warning, and must cost next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from quality import languages

if TYPE_CHECKING:
    import numpy.typing as npt

_READ = 400  # code points; a paragraph
_SHORTEST = 80  # code points: a line of code may have three small words by chance
_LOOKED_AT = 250  # texts of a batch: a source that has its language wrong has it so in every row
_MOST = 100  # of them that are read word by word: 5 ms
_OWN = 2  # small words of a language that a text in it has
_NOT_SURE = frozenset({"pl"})  # Perl's files end in it
_SCRIPTS = {
    "zh": "Han",
    "ja": "Hiragana",
    "ko": "Hangul",
    "ru": "Cyrillic",
    "ar": "Arabic",
    "el": "Greek",
    "he": "Hebrew",
    "hi": "Devanagari",
    "th": "Thai",
}


def wrong_language(declared: Any, texts: Any) -> npt.NDArray[np.bool_]:
    """For every row, whether its text is surely in another language than the one declared (`en`, `de-CH`).

    Names of programming languages, and of languages that are not known here, say nothing of a text.
    """
    wrong: npt.NDArray[np.bool_] = np.zeros(len(texts), dtype=np.bool_)
    step = -(-len(texts) // _LOOKED_AT) or 1
    declared, texts = declared.take(_every(step, len(texts))), texts.take(_every(step, len(texts)))
    codes = pc.utf8_lower(pc.utf8_slice_codeunits(declared, 0, 3)).dictionary_encode()
    room = _MOST
    for place, raw in enumerate(codes.dictionary.to_pylist()):
        code = raw.rstrip("-_ ") if raw else ""
        if room <= 0 or not (code in languages.SMALL or code in _SCRIPTS) or code in _NOT_SURE:
            continue
        rows = pc.indices_nonzero(pc.fill_null(pc.equal(codes.indices, place), fill_value=False))
        sample = pc.utf8_slice_codeunits(texts.take(rows), 0, _READ)
        doubtful = pc.and_(
            pc.greater_equal(pc.utf8_length(sample), _SHORTEST),
            pc.less(pc.count_substring_regex(sample, _own(code)), _OWN),
        )
        for row in pc.indices_nonzero(pc.fill_null(doubtful, fill_value=False)).to_pylist()[:room]:
            room -= 1
            found = languages.looks_like(sample[row].as_py())
            wrong[rows[row].as_py() * step] = found not in {languages.NONE, code}
    return wrong


def _every(step: int, rows: int) -> npt.NDArray[np.int64]:
    return np.arange(0, rows, step, dtype=np.int64)


def _own(code: str) -> str:
    """RE2 for a small word of a language, or a letter of its script."""
    if code in _SCRIPTS:
        return rf"\p{{{_SCRIPTS[code]}}}"
    return rf"(?i)\b(?:{'|'.join(languages.SMALL[code].split())})\b"
