"""Context words as parts of words: `phone` in `phone_number` and `phones`, and no `lic` in `public`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@lru_cache(maxsize=256)
def part_of(words: tuple[str, ...]) -> Callable[[str], re.Match[str] | None]:
    """Looks for one of the words in a lower-case keyword, between signs that are no letters, maybe in the plural."""
    shortest_last = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<![^\W\d_])(?:{'|'.join(map(re.escape, shortest_last)) or '(?!)'})s?(?![^\W\d_])").search


class PartsEnhancer(LemmaContextAwareEnhancer):  # type: ignore[misc]
    """Presidio's enhancer with another idea of when a keyword holds a context word. Arguments are Presidio's."""

    @staticmethod
    def _find_supportive_word_in_context(
        context_list: Sequence[str], recognizer_context_list: Sequence[str], matching_mode: str = "substring"
    ) -> str:
        del matching_mode
        search = part_of(tuple(word.lower() for word in recognizer_context_list or ()))
        found = next((match for keyword in context_list or () if (match := search(keyword.lower()))), None)
        return found[0] if found else ""
