"""spaCy's tokens of single words, without spaCy's vocabulary.

spaCy keeps a lexeme of every token it has ever seen, which costs time when a word is new and memory for good. The rules
by which it cuts a word are plain expressions: prefixes and suffixes are taken off, then it is cut at infixes. They are
followed here; a word in which the finished tokens make up one of the language's special cases goes to spaCy itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from spacy.attrs import IS_PUNCT, IS_STOP, ORTH

from streams.privacy.presidio.affixes import at_end, at_starts

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.privacy.presidio.affixes import Infixes, Search

_KEPT = 20_000  # words; some 10 MB
_PLAIN = re.compile(r"[A-Za-z]+|[0-9]+").fullmatch
_ENDED = re.compile(r"([A-Za-z]*[a-z])[,.]").fullmatch  # the last word of a clause

Tokens = tuple[tuple[int, str, bool], ...]  # offset of the end in the word, lower-cased token, whether a keyword


def _never(_text: str) -> None:
    return None


class Words:
    """The tokens of words, kept.

    Args:
        renew: gives a tokenizer of spaCy's and its vocabulary, new each time it is asked.
    """

    def __init__(self, renew: Callable[[], tuple[Any, Any]]) -> None:
        self._renew = renew
        self._tokenizer, vocabulary = renew()
        rules = self._tokenizer
        # Special cases as spaCy cuts them.
        self._special: dict[str, tuple[str, ...]] = {}
        special = {
            text: tuple(str(token.get(ORTH) or token["ORTH"]) for token in tokens)
            for text, tokens in (rules.rules or {}).items()
        }
        self._prefix: Search = rules.prefix_search or _never
        self._suffix: Search = at_end(rules.suffix_search) if rules.suffix_search else _never
        self._infixes: Infixes = at_starts(rules.infix_finditer) if rules.infix_finditer else lambda _text: iter(())
        self._whole: Search = rules.token_match or _never
        self._address: Search = rules.url_match or _never
        # spaCy looks for special cases once more, in the finished tokens.
        cuts = {one: tuple(self._cut(one)) for one in special if not one.isspace()}
        self._again = frozenset(cut for one, cut in cuts.items() if cut != special[one])
        self._special = special
        self._again_first = frozenset(tokens[0] for tokens in self._again)
        self._again_most = max(map(len, self._again), default=0)
        self._is_stop: Callable[[str], bool] = vocabulary.lex_attr_getters[IS_STOP]
        self._is_sign: Callable[[str], bool] = vocabulary.lex_attr_getters[IS_PUNCT]
        self._kept: dict[str, Tokens] = {}
        self._sure: dict[str, bool] = {}
        self._folded = frozenset(text.lower() for text in special)
        self._asked = 0

    def of(self, word: str) -> Tokens:
        """The tokens of a word, or of white space."""
        known = self._kept.get(word)
        if known is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            known = self._kept[word] = self._tokens(word)
        return known

    def sure(self, word: str) -> bool:
        """Whether a lower-case word between white space is one token and a keyword, at a glance."""
        known = self._sure.get(word)
        if known is None:
            if len(self._sure) >= _KEPT:
                self._sure.clear()
            plain = word.isalpha() and word.isascii() and word not in self._folded
            known = self._sure[word] = plain and self._counts(word)
        return known

    def _tokens(self, word: str) -> Tokens:
        if _PLAIN(word) and word not in self._special:
            low = word.lower()
            return ((len(word), low, self._counts(low)),)
        ended = _ENDED(word)
        if ended is not None and word not in self._special and ended[1] not in self._special:
            cut = [ended[1], word[-1]]
        else:
            cut = self._cut(word)
        if len(cut) > 1 and not self._again_first.isdisjoint(cut) and self._has_special(cut):
            cut = self._asked_of_spacy(word)
        tokens, end = [], 0
        for token in cut:
            end += len(token)
            low = token.lower()
            tokens.append((end, low.lower(), self._counts(low)))
        return tuple(tokens)

    def _counts(self, token: str) -> bool:
        """Whether Presidio counts a token among the keywords, before any cut at colons."""
        if token[:1].isalnum() or not self._is_sign(token):
            return not self._is_stop(token) and token not in ("-PRON-", "be")
        return False

    def _has_special(self, cut: list[str]) -> bool:
        """Whether tokens in a row are those of a special case."""
        return any(
            tuple(cut[at : at + size]) in self._again
            for at, token in enumerate(cut)
            if token in self._again_first
            for size in range(1, self._again_most + 1)
        )

    def _cut(self, word: str) -> list[str]:
        if word in self._special:
            return list(self._special[word])
        before: list[str] = []
        behind: list[str] = []
        size = -1
        while word and len(word) != size:
            if self._whole(word):
                break
            if word in self._special:
                return [*before, *self._special[word], *reversed(behind)]
            size = len(word)
            prefix = _length(self._prefix(word))
            if prefix and word[prefix:] in self._special:
                before.append(word[:prefix])
                word = word[prefix:]
                continue
            suffix = _length(self._suffix(word[prefix:]))
            if suffix and word[:-suffix] in self._special:
                behind.append(word[-suffix:])
                word = word[:-suffix]
                continue
            if prefix and suffix and prefix + suffix > size:
                suffix = 0
            if prefix:
                before.append(word[:prefix])
            if suffix:
                behind.append(word[-suffix:])
            word = word[prefix : size - suffix]
        return [*before, *self._middle(word), *reversed(behind)]

    def _middle(self, word: str) -> list[str]:
        if not word:
            return []
        infixes = [] if self._whole(word) or self._address(word) else list(self._infixes(word))
        tokens, start = [], 0
        for match in infixes:
            if match.start() == 0:
                continue
            tokens += [word[start : match.start()], match.group()]
            start = match.end()
        return [token for token in (*tokens, word[start:]) if token]

    def _asked_of_spacy(self, word: str) -> list[str]:
        self._asked += 1
        if self._asked > _KEPT:  # the vocabulary has grown with the words, and never shrinks
            self._asked = 0
            self._tokenizer, _ = self._renew()
        return [token.text for token in self._tokenizer(word)]


def _length(match: re.Match[str] | None) -> int:
    return match.end() - match.start() if match else 0
