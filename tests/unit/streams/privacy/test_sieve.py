"""The sieve never rules out an expression that matches, and finders find the same with and without Hyperscan."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.scrub import mutations
from streams.privacy import addresses, cards, cues, nearby, numbers, phones, sieve, street
from streams.privacy.sieve import SHARED, Sieve
from streams.privacy.superset import NoSupersetError, projection, superset

FINDERS = (addresses.find, cards.find, cues.people, numbers.find, phones.written, street.find)
TEXTS = (
    "Signed-off-by: Jane Doe <jane@corp-zeta.com>\nthanks Ana\nDear Mr Lindqvist,",
    "ssh jdoe@build-07 and /home/jdoe, C:\\Users\\jdoe, TODO(jdoe), I'm Jane Doe.",
    "12 Main Street, Springfield, IL 62704; Kastanienallee 12a, 10435 Berlin; 12 rue de la Paix, 75002 Paris",
    "call me at 212-456-7890 or +49 30 1234567; order no. 2124567890; ext. 12",
    "card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00, ssn 536-90-4399",
    "see https://corp-zeta.com/a?b=c, www.corp-zeta.org, corp-zeta.com/x and a.b@c-d.co.uk",
    "Стефан: тел. 030 1234567, \u0661\u0662\u0663 \u212aim@corp-zeta.com, \u017fsn 536-90-4399, Zoë's 電話 0312345678",
)


@pytest.fixture
def no_hyperscan(monkeypatch: pytest.MonkeyPatch) -> None:
    for one in (SHARED, nearby.SIEVE):
        monkeypatch.setattr(one, "_use", False)
        monkeypatch.setattr(one, "_always", dict.fromkeys(range(len(one._expressions)), ()))
        monkeypatch.setattr(one, "_last", ("", {}))


def every() -> list[str]:
    chooser = random.Random(5)  # noqa: S311 - which text, not a secret
    return [*TEXTS, *(mutations.text(chooser) for _ in range(300))]


FOUND = {text: [finder(text) for finder in FINDERS] for text in every()}


@pytest.mark.usefixtures("no_hyperscan")
def test_finders_find_the_same_without_a_scan() -> None:
    assert any(found for several in FOUND.values() for found in several)
    for text, several in FOUND.items():
        again = str(text.encode("utf-8", "surrogatepass"), "utf-8", "surrogatepass")
        assert [finder(again) for finder in FINDERS] == several


@pytest.mark.parametrize("which", [SHARED, nearby.SIEVE], ids=["shared", "nearby"])
def test_what_matches_is_never_ruled_out(which: Sieve) -> None:
    for text in every():
        live = which.live(text)
        for number, expression in enumerate(which._expressions):
            assert number in live or expression.search(text) is None, expression.pattern


@pytest.mark.skipif(sieve.hyperscan is None, reason="without Hyperscan nothing is ruled out")
def test_an_ordinary_text_rules_out_nearly_all() -> None:
    assert len(SHARED.live("the tests pass now, and I will look at the rest of it later")) < 6


SIGNS = st.text(
    st.sampled_from("aAkKsSiIzZ09_- .\n\t\u00e9\u0130\u0131\u017f\u212a\u0663\u0301\u00a0\u2028\x1c\u4e2d"), max_size=12
)


@given(SIGNS)
def test_a_superset_matches_whatever_its_expression_matches(text: str) -> None:
    for pattern, flags in (
        (r"\w+\s\d", 0),
        (r"[^\W\d_]{2}[\s-]", 0),
        (r"(?i:sk)i\b", 0),
        (r"^[^a-z]k", re.MULTILINE | re.IGNORECASE),
        (r"(?<!a)\W(?=[\u00e0-\u00ff]|\D)", 0),
        (r"(a|\u00e9)\1[^\u00e9]$", re.MULTILINE),
        (r"\s\S\w\W", re.ASCII),
        (r"[\u0130-\u4e2d]z?\d?", re.IGNORECASE),
    ):
        expression = re.compile(pattern, flags)
        if expression.search(text):
            # what is written is plain enough for `re` to read it, too
            assert re.search(superset(expression), projection(text).decode(), re.MULTILINE), pattern


def test_an_expression_that_can_be_empty_has_none() -> None:
    with pytest.raises(NoSupersetError):
        superset(re.compile("a*"))
