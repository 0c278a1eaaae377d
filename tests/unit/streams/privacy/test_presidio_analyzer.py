"""FastAnalyzer against Presidio's own analyzer, over the same recognisers and the same tokenizer."""
# ruff: noqa: E501 - tables

from __future__ import annotations

import random
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
from presidio_analyzer.predefined_recognizers import PhoneRecognizer

from streams.privacy.presidio import scan
from streams.privacy.presidio.analyzer import FastAnalyzer
from streams.privacy.presidio.blank import BlankNlpEngine, offline_and_quiet

VALUES = (
    *("call me at 212-867-5309", "my number is (303) 555-0111 or +49 30 123456", "phone 030 1234567", "x123", "ext. 45"),
    *("cell 2128675309", "tel. 0044 20 7946 0958", "12(3): 211-227 (2003) number", "650-234-2345/332-445-1234"),
    *("phone 2012-01-02 08:00", "phone 3/10/2011", "call 1-800-123-4567 x123", "982.707.6813x7172 6.2.2.1"),
    *("10.2.3.4", "fe80::1", "2001:db8:85a3::8a2e:370:7334", "::ffff:1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "std::vector"),
    *("2024-01-05", "03/04/21 date", "12-MAY-2020", "03/2021 date birthday", "1.2.2020", "\u017fep-12"),
    *("2024-01-05T10:11:12Z", "card 4111-1111-1111-1111", "ssn 078-05-1120", "078 05 1120", "nhs 943 476 5919"),
    *("DE89370400440532013000", "iban DE89 3704 0044 0532 0130 00 2 days", "mail x.y@corp.com", "email: a@b.local"),
    *("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "00:1B:44:11:3A:B7", "a1b2.c3d4.e5f6", "tax 912-70-1234", "AB1234563"),
    *("123e4567-e89b-12d3-a456-426614174000", "bank account 12345678901", "passport 123456789", "driver H1234567"),
    *("public C4", "DEA BB1388568", "https://www.example.com/a?b=c#d", '"docs.python.org"', "foo.bar.py", "url a.b.io"),
    *("\u0442\u0435\u043b \u0660\u0661\u0662\u0663", "\u4e2d\u6587", "\u212a", "\u0130", "\u03a3\u03c2", "\uff11\uff12"),
    *("phone \u0662\u0661\u0662-\u0665\u0665\u0665-\u0660\u0661\u0662\u0663", "\U00011f52 phone", "9" * 25),
    *("number", "call()", "date", "don't", "e.g.", "to:1", "at:b", ":)", "x:y:z", "THE", "key:", "12:30"),
)  # fmt: skip
GAPS = (
    "",
    " ",
    "  ",
    ", ",
    "\n",
    "\r",
    "\r\n",
    "\x85",
    "\u2028",
    "\u00a0",
    "\x0b",
    "/",
    ":",
    "-",
    "_",
    "\u0301",
    "a",
    "7",
)
THRESHOLDS = (0.0, 0.3, 0.5, 0.85)

Found = list[tuple[str, int, int, float]]


def words() -> BlankNlpEngine:
    offline_and_quiet()
    engine = BlankNlpEngine(("en",))
    engine.load()
    return engine


@pytest.fixture(scope="module")
def stock() -> AnalyzerEngine:
    return AnalyzerEngine(nlp_engine=words(), supported_languages=["en"])


@pytest.fixture(scope="module", params=["scanned", "by line", "without Hyperscan"])
def ours(request: pytest.FixtureRequest) -> FastAnalyzer:
    if request.param != "without Hyperscan" and not scan.available():
        pytest.skip("Hyperscan is not installed: pip install 'redline[fast]'")
    return FastAnalyzer(
        nlp_engine=words(),
        supported_languages=["en"],
        hyperscan=request.param != "without Hyperscan",
        lines=500 if request.param == "by line" else 0,
    )


def found(analyzer: Any, text: str, threshold: float | None = None, **more: Any) -> Found:
    results = analyzer.analyze(text, "en", score_threshold=threshold, **more)
    return sorted((r.entity_type, r.start, r.end, r.score) for r in results)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.sampled_from(VALUES) | st.text(max_size=12), st.sampled_from(GAPS)), min_size=1, max_size=9),
    st.sampled_from(THRESHOLDS),
)
def test_findings_equal_stock_over_generated_texts(
    stock: AnalyzerEngine, ours: FastAnalyzer, parts: list[tuple[str, str]], threshold: float
) -> None:
    text = "".join(part + gap for part, gap in parts)
    try:
        expected = found(stock, text, threshold)
    except ValueError:  # Presidio's checksums fail on some digits outside ASCII
        return
    assert found(ours, text, threshold) == expected


def test_findings_equal_stock_over_the_standard_library(stock: AnalyzerEngine, ours: FastAnalyzer) -> None:
    files = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))
    chooser = random.Random(4)  # noqa: S311 - which files, not a secret
    for path in chooser.sample(files, 25):
        text = path.read_text(encoding="utf-8", errors="replace")
        at = chooser.randrange(max(1, len(text) - 1500))
        assert found(ours, text[at : at + 1500], 0.3) == found(stock, text[at : at + 1500], 0.3), path.name


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(VALUES), min_size=30, max_size=40), st.data())
def test_an_edit_has_the_findings_of_the_whole_text(
    stock: AnalyzerEngine, ours: FastAnalyzer, lines: list[str], data: st.DataObject
) -> None:
    """Whatever is kept of the lines of the first text."""
    found(ours, "\n".join(lines), 0.5)
    for _ in range(3):
        lines[data.draw(st.integers(0, len(lines) - 1))] = data.draw(st.sampled_from(VALUES))
    text = "\n".join(lines)
    assert found(ours, text, 0.5) == found(stock, text, 0.5)


def registry(*more: Any) -> RecognizerRegistry:
    made = RecognizerRegistry(supported_languages=["en"])
    made.recognizers = [PhoneRecognizer(), *more]
    return made


def both(*more: Any, **options: Any) -> tuple[AnalyzerEngine, FastAnalyzer]:
    """Presidio's and ours over the same objects of recognisers."""
    shared = registry(*more)
    return (
        AnalyzerEngine(registry=shared, nlp_engine=words(), supported_languages=["en"], **options),
        FastAnalyzer(registry=shared, nlp_engine=words(), supported_languages=["en"], **options),
    )


def recogniser(entity: str, *expressions: str, **options: Any) -> PatternRecognizer:
    patterns = [Pattern(f"{entity} {n}", expression, 0.4) for n, expression in enumerate(expressions)]
    return PatternRecognizer(entity, name=entity, patterns=patterns or None, **options)


TEXT = "Zebra zoo 12-ab-34 foobar, the badge is B77\nline two: B78 \u00e9B79 and zoo\n\nBEGIN\nsecret\nEND phone 212-867-5309"
EXPRESSIONS = (
    *(r"\bB\d+", r"(?<=is )B\d+", r"B(?=7[78])\d+", r"^line", r"zoo$", r"BEGIN.*END", r"[^\W\d]+-\w+", r"(?s)a.b"),
    *(r"(\w)\1\w*", r"(?:foo){e<=1}", r"\p{Lu}\w+", r"(?i:zebra)", r"\Azebra", r"(?>zo+)", r"[[:alpha:]]{6}", r"z*"),
    *(r"(?P<x>o)(?P=x)", r"\w+\s+\w+", r"(?<!the )badge", r".{3,200}34", r"\b\d{2}-(?:ab|cd)-\d{2}\b", r"[\u00e0-\u00ff]B\d+"),
)  # fmt: skip


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_user_s_expression_finds_what_it_finds_in_presidio(expression: str) -> None:
    plain, fast = both(recogniser("CUSTOM", expression, context=["zoo"]))
    for threshold in (0.0, 0.5):
        assert found(fast, TEXT, threshold) == found(plain, TEXT, threshold)


def test_a_deny_list_works() -> None:
    plain, fast = both(recogniser("TITLE", deny_list=["zebra", "the badge", "B77"]))
    assert [one[0] for one in found(fast, TEXT)].count("TITLE") == 3
    assert found(fast, TEXT) == found(plain, TEXT)


@pytest.mark.parametrize(
    "more",
    [
        {"entities": ["CUSTOM"]},
        {"allow_list": ["B77"]},
        {"allow_list": [r"B\d8"], "allow_list_match": "regex"},
        {"context": ["badge"]},
        {"ad_hoc_recognizers": [recogniser("ADHOC", r"foo\w+", context=["zoo"])]},
        {"ad_hoc_recognizers": [recogniser("ADHOC", r"foo\w+", context=["zoo"])], "entities": ["ADHOC"]},
        {"return_decision_process": True},
    ],
)
def test_arguments_of_a_call_mean_what_they_mean_in_presidio(more: dict[str, Any]) -> None:
    plain, fast = both(recogniser("CUSTOM", r"B\d+", context=["badge"]))
    assert found(fast, TEXT, 0.3, **more) == found(plain, TEXT, 0.3, **more)
    assert found(fast, TEXT, 0.3, **more)


def test_thresholds_of_a_recogniser_and_of_the_engine_hold() -> None:
    strict, loose = recogniser("STRICT", r"B\d+"), recogniser("LOOSE", r"B\d+")
    strict.score_thresholds, loose.score_thresholds = {"default": 0.9}, {"LOOSE": 0.1}
    plain, fast = both(strict, loose, default_score_threshold=0.5)
    assert {one[0] for one in found(fast, TEXT)} == {"LOOSE", "PHONE_NUMBER"}
    assert found(fast, TEXT) == found(plain, TEXT)


def test_recognisers_added_and_removed_at_run_time_count_at_once() -> None:
    _, fast = both()
    assert "CUSTOM" not in {one[0] for one in found(fast, TEXT)}
    fast.registry.add_recognizer(recogniser("CUSTOM", r"B\d+"))
    assert "CUSTOM" in {one[0] for one in found(fast, TEXT)}
    fast.registry.remove_recognizer("CUSTOM")
    assert "CUSTOM" not in {one[0] for one in found(fast, TEXT)}


@pytest.mark.parametrize(
    "enhancer",
    [
        LemmaContextAwareEnhancer(context_matching_mode="whole_word"),
        LemmaContextAwareEnhancer(context_similarity_factor=0.1, min_score_with_context_similarity=0.45),
        LemmaContextAwareEnhancer(context_prefix_count=1, context_suffix_count=3),
    ],
)
def test_an_enhancer_with_other_settings_is_followed(enhancer: LemmaContextAwareEnhancer) -> None:
    plain, fast = both(recogniser("CUSTOM", r"B\d+", context=["bad", "zoo"]), context_aware_enhancer=enhancer)
    for threshold in THRESHOLDS:
        assert found(fast, TEXT, threshold) == found(plain, TEXT, threshold)


def test_a_recogniser_with_a_mind_of_its_own_about_context_is_asked() -> None:
    class Own(PatternRecognizer):  # type: ignore[misc]
        def enhance_using_context(self, text: str, raw_recognizer_results: list[Any], **_: Any) -> list[Any]:
            for one in raw_recognizer_results:
                one.score = 0.77
            return raw_recognizer_results

    plain, fast = both(Own("OWN", patterns=[Pattern("own", r"B\d+", 0.1)]))
    assert {one[3] for one in found(fast, TEXT, 0.5) if one[0] == "OWN"} == {0.77}
    assert found(fast, TEXT, 0.5) == found(plain, TEXT, 0.5)


def test_no_language_and_no_recogniser_fail_as_in_presidio() -> None:
    _, fast = both()
    with pytest.raises(ValueError, match="No matching recognizers"):
        fast.analyze(TEXT, "de")
