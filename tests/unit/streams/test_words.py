"""Words, sentences and 4-grams by their definitions, which are slower to read."""

import re
from collections import Counter

from hypothesis import example, given
from hypothesis import strategies as st

from streams import similarity, words

# Letters, signs, white space, marks, joiners, scripts without spaces, flags, emoji, halves of pairs.
_SIGNS = "aB_9\u00e9\u0416.-\"')\u3002\u2026!?  \n\r\t\x1c\u2028\u00a0\u0301\u200d\u4e2d\u0e01\U0001f1e6\U0001f1e8"
_TEXTS = st.text(st.one_of(st.sampled_from(_SIGNS + "\U0001f44d\U0001f3fd\U00010400\ud83d\ude00"), st.characters()))
_SENTENCE = re.compile(rf"[\r\n]+|[.!?\u2026][{words._CLOSER}]*(?=\s)|[\u3002\uff01\uff1f\uff61](?![{words._CLOSER}])")


@given(_TEXTS)
@example("")
@example(" ")
@example("a\ud83d\ude00b")
def test_words_are_what_the_expression_finds(text: str) -> None:
    found = words.Words.of(text)
    assert (found.starts[:-1], found.ends) == words._matched(text)
    assert found.starts[-1] == len(text)


def test_every_character_is_of_the_kind_that_the_expression_sees() -> None:
    """Two of them, beside a letter and a sign: so each of the basic plane is cut as the expression does."""
    for code in range(0x10000):
        text = f"a{chr(code)}{chr(code)}."
        found = words.Words.of(text)
        assert (found.starts[:-1], found.ends) == words._matched(text), hex(code)


@given(_TEXTS)
@example('He said "no." Then\u2026) \u597d\u3002\u201d\u597d\u3002 a.\r\n\r\nb')
def test_sentences_end_where_each_of_three_rules_says(text: str) -> None:
    assert [match.end() for match in words._SENTENCE.finditer(text)] == [
        match.end() for match in _SENTENCE.finditer(text)
    ]


def _counted(suggestion: str, final: str) -> float:
    ours, theirs = (Counter(text[at : at + 4] for at in range(len(text) - 3)) for text in (suggestion, final))
    return (ours & theirs).total() / ours.total()


@given(st.text(st.sampled_from("ab\n\u4e2d\U0001f44d\ud83d\udc4d"), min_size=4, max_size=60), _TEXTS, st.integers(2, 9))
def test_grams_are_counted_however_they_are_read(one: str, other: str, times: int) -> None:
    suggestion, final = one * times * 4, other + one * 3 + other[::-1] * times
    if suggestion != final:
        assert similarity.retention_4gram(suggestion, final) == _counted(suggestion, final)


def test_long_texts_of_few_characters_have_their_grams_counted_in_time() -> None:
    suggestion, final = "ab" * 100_000 + "aab" * 1_000, "ba" * 100_000 + "abb" * 1_000
    assert similarity.retention_4gram(suggestion, final) == _counted(suggestion, final)
