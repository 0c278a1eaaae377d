from __future__ import annotations

import importlib
import ipaddress
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.surrogates import Found, Surrogates, merge, names, unreserved

if TYPE_CHECKING:
    from streams.privacy.engine import Engine
    from streams.surrogates import Style

KEY = b"k" * 32


@pytest.fixture
def surrogates() -> Surrogates:
    return Surrogates(KEY, 1, b"scope")


@pytest.mark.parametrize(
    ("entity", "value", "shape"),
    [
        ("EMAIL_ADDRESS", "jane.doe@corp.com", r"[a-z]+\.[a-z]+\d\d@example\.com"),
        ("IP_ADDRESS", "10.1.2.3", r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+"),
        ("IP_ADDRESS", "10.1.0.0/16", r"(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+/16"),
        ("IP_ADDRESS", "fe80::1", r"2001:db8::[0-9a-f]+:[0-9a-f]+"),
        ("PHONE_NUMBER", "212-867-5309", r"[2-9]\d\d-555-01\d\d"),
        ("PHONE_NUMBER", "+1 (212) 867 5309", r"\+1 \([2-9]\d\d\) 555 01\d\d"),
        ("PHONE_NUMBER", "867 5309", r"555 01\d\d"),
        ("PHONE_NUMBER", "212-867-5309 ext. 1234", r"[2-9]\d\d-555-01\d\d ext. \d{4}"),
        ("PHONE_NUMBER", "001-212-867-5309x77", r"001-[2-9]\d\d-555-01\d\dx\d\d"),
        ("PHONE_NUMBER", "+1-212-867-5309", r"\+1-[2-9]\d\d-555-01\d\d"),
        ("PHONE_NUMBER", "+49 30 12345678", r"\+49 \d\d \d{8}"),
        ("PHONE_NUMBER", "+49 30 123", r"\+49 \d{10}"),
        ("PHONE_NUMBER", "+44 (0)20 8123 4567", r"\+44 \(0\)\d\d \d{4} \d{4}"),
        ("PHONE_NUMBER", "07911 123456", r"07700 900\d{3}"),
        ("PHONE_NUMBER", "020 8123 4567", r"0\d\d \d{4} \d{4}"),
        ("PHONE_NUMBER", "06 12 34 56 78", r"06 39 98 \d\d \d\d"),
        ("PHONE_NUMBER", "+33 1 42 68 53 00", r"\+33 \d( \d\d){4}"),
        ("PHONE_NUMBER", "0412 345 678", r"0491 57\d \d{3}"),
        ("PHONE_NUMBER", "(02) 9876 5432", r"\(0[2378]\) (5550|7010) \d{4}"),
        ("PHONE_NUMBER", "+81 3 1234 5678", r"<PHONE_NUMBER_[0-9a-f]{4}>"),
        ("PHONE_NUMBER", "12345", r"<PHONE_NUMBER_[0-9a-f]{4}>"),
        ("MAC_ADDRESS", "3c:22:fb:01:02:03", r"00:00:5e:00:53:[0-9a-f]{2}"),
        ("MAC_ADDRESS", "3C-22-FB-01-02-03", r"00-00-5E-00-53-[0-9A-F]{2}"),
        ("UUID", "123e4567-e89b-12d3-a456-426614174000", r"00000000-0000-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        (
            "UUID",
            "{123E4567-E89B-12D3-A456-426614174000}",
            r"\{00000000-0000-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}\}",
        ),
        ("US_SSN", "536-22-8145", r"666-\d\d-\d{4}"),
        ("DATE_TIME", "2024-01-05", r"<DATE_TIME_[0-9a-f]{4}>"),
        ("CRYPTO", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", r"<CRYPTO_[0-9a-f]{4}>"),
        ("EMAIL_ADDRESS", "jane%40corp.com", r"[a-z]+\.[a-z]+\d\d@example\.com"),
        ("URL", "jira.corp.com", r"x[0-9a-f]{8}\.example\.com"),
        ("CREDIT_CARD", "6205 5000 0000 0000 123", r"[\d ]{23}"),
        ("CREDIT_CARD", "4242-4242-4242-4242", r"\d{4}-\d{4}-\d{4}-\d{4}"),
        ("CREDIT_CARD", "371111111111114", r"37\d{13}"),
        ("URL", "https://jira.corp.com/browse/X-1?u=jane", r"https://example\.com/[0-9a-f]{8}"),
        ("PERSON", "Jane Doe", r"[A-Z][a-z]{6,7} [A-Z][a-z]{6,7}"),
        ("SECRET", "hunter2", r"<SECRET_[0-9a-f]{4}>"),
        ("IBAN_CODE", "DE89 3704 0044 0532 0130 00", r"XX00( \d{4}){4} \d\d"),
        ("odd type!", "x", r"<ODD_TYPE_[0-9a-f]{4}>"),
    ],
)
def test_surrogate_has_the_form_of_its_type(surrogates: Surrogates, entity: str, value: str, shape: str) -> None:
    surrogate = surrogates.replace(entity, value)
    assert re.fullmatch(shape, surrogate)
    assert surrogate != value
    assert unreserved(f"so {surrogate}, or", [Found(3, 3 + len(surrogate), entity, 1.0)]) == []


@pytest.mark.parametrize(
    ("entity", "one", "same"),
    [
        ("EMAIL_ADDRESS", "J.Smith@X.org", "j.smith@x.org"),
        ("EMAIL_ADDRESS", "j\u200b.smith@x.org", "j.smith@x.org"),
        ("EMAIL_ADDRESS", "j.smith%40x.org", "j.smith@x.org"),
        ("EMAIL_ADDRESS", "j.smith&#64;x.org", "j.smith@x.org"),
        ("PERSON", "Zo\\u00eb Qvist", "Zo\u00eb Qvist"),
        ("PERSON", "J\u0430ne D\u043ee", "Jane Doe"),
        ("PHONE_NUMBER", "212%20867%205309", "212-867-5309"),
        ("PERSON", "Jane  Doe", "jane doe"),
        ("PERSON", "jane.doe", "Jane Doe"),
        ("PERSON", "JANE_DOE", "janeDoe"),
        ("PERSON", "Zoe\u0308 Qvist", "Zo\u00eb qvist"),
        ("IBAN_CODE", "DE89 3704 0044 0532 0130 00", "de89370400440532013000"),
        ("PHONE_NUMBER", "+1 (212) 867-5309", "2128675309"),
        ("PHONE_NUMBER", "0033 6 12 34 56 78", "+33612345678"),
    ],
)
def test_same_value_in_another_spelling_gets_the_same_surrogate(entity: str, one: str, same: str) -> None:
    placed = Surrogates(KEY, 1, b"scope", "placeholder")
    natural = Surrogates(KEY, 1, b"scope")

    def plain(surrogate: str) -> str:
        digits = re.sub(r"\D", "", surrogate)
        return digits[-9:] if entity == "PHONE_NUMBER" else re.sub(r"[\W_]", "", surrogate).lower()

    assert plain(natural.replace(entity, one)) == plain(natural.replace(entity, same))
    if same != "janeDoe":  # as a placeholder, a name written as one word is another value
        assert placed.replace(entity, one) == placed.replace(entity, same)


def test_phone_in_another_shape_gets_the_same_digits(surrogates: Surrogates) -> None:
    shapes = ["2128675309", "212-867-5309", "(212) 867.5309", "٢١٢-٨٦٧-٥٣٠٩"]
    assert len({re.sub(r"\D", "", surrogates.replace("PHONE_NUMBER", shape)) for shape in shapes}) == 1


def test_the_letter_case_of_a_secret_counts(surrogates: Surrogates) -> None:
    assert surrogates.replace("SECRET", "abcDEF") != surrogates.replace("SECRET", "ABCdef")


def test_another_scope_epoch_or_key_gives_another_surrogate() -> None:
    base = Surrogates(KEY, 1, b"a").replace("EMAIL_ADDRESS", "a@b.io")
    others = [Surrogates(KEY, 1, b"b"), Surrogates(KEY, 2, b"a"), Surrogates(b"l" * 32, 1, b"a")]
    assert all(other.replace("EMAIL_ADDRESS", "a@b.io") != base for other in others)


def test_equal_surrogates_come_from_any_instance() -> None:
    assert Surrogates(KEY, 1, b"a").replace("PERSON", "J") == Surrogates(KEY, 1, b"a").replace("PERSON", "J")


def test_repr_shows_neither_key_nor_scope() -> None:
    assert repr(Surrogates(b"SECRETKEY" * 3, 7, b"jane")) == "Surrogates(epoch=7)"


def test_ipv6_surrogate_is_in_the_documentation_range(surrogates: Surrogates) -> None:
    address = ipaddress.ip_address(surrogates.replace("IP_ADDRESS", "2a02:810:1::77"))
    assert address in ipaddress.ip_network("2001:db8::/32")


def test_offsets_are_code_points(surrogates: Surrogates) -> None:
    text = "\U0001f600\u0301 Zoë: a@b.io!"
    at = text.index("a@")
    replaced = surrogates.apply(text, [Found(at, at + 6, "EMAIL_ADDRESS", 1.0)])
    assert replaced.startswith("\U0001f600\u0301 Zoë: ")
    assert replaced.endswith("@example.com!")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(
            [Found(0, 4, "A", 0.5), Found(0, 9, "B", 0.5)], [Found(0, 9, "B", 0.5)], id="the longer one names the range"
        ),
        pytest.param(
            [Found(0, 6, "A", 0.5), Found(4, 9, "B", 0.9)], [Found(0, 9, "A", 0.5)], id="nothing of the loser is left"
        ),
        pytest.param(
            [Found(0, 9, "A", 1.0), Found(2, 4, "SECRET", 0.6)], [Found(0, 9, "SECRET", 0.6)], id="a secret wins"
        ),
        pytest.param(
            [Found(0, 4, "A", 0.5), Found(0, 4, "B", 0.9)], [Found(0, 4, "B", 0.9)], id="the stronger of equal length"
        ),
        pytest.param(
            [Found(0, 4, "A", 0.5), Found(4, 6, "B", 0.9)],
            [Found(0, 4, "A", 0.5), Found(4, 6, "B", 0.9)],
            id="neighbours stay two",
        ),
        pytest.param([Found(3, 3, "A", 1.0)], [], id="an empty range is nothing"),
    ],
)
def test_overlapping_findings_become_one(found: list[Found], expected: list[Found]) -> None:
    assert merge(found) == expected
    assert merge(reversed(found)) == expected


FOUND = st.builds(
    lambda start, size, entity, score: Found(start, start + size, entity, score),
    st.integers(0, 60),
    st.integers(0, 15),
    st.sampled_from(["A", "B", "SECRET"]),
    st.sampled_from([0.5, 0.9]),
)


@given(st.lists(FOUND, max_size=12), st.randoms())
def test_merged_findings_cover_the_same_text_without_overlap_in_any_order(found: list[Found], random: object) -> None:
    merged = merge(found)
    random.shuffle(found)  # type: ignore[attr-defined]
    assert merge(found) == merged
    covered = [place for one in merged for place in range(one.start, one.end)]
    assert len(covered) == len(set(covered))
    assert set(covered) == {place for one in found for place in range(one.start, one.end)}


def test_counts_grow_by_what_was_replaced(surrogates: Surrogates) -> None:
    counts: Counter[str] = Counter(PERSON=1)
    surrogates.apply("ab cd", [Found(0, 2, "PERSON", 1.0), Found(3, 5, "URL", 1.0)], counts)
    assert counts == {"PERSON": 2, "URL": 1}


@pytest.mark.parametrize("address", ["127.0.0.1", "255.255.255.255", "192.0.2.7", "198.51.100.9/24"])
def test_addresses_that_name_nobody_are_left_alone(address: str) -> None:
    assert unreserved(f"bind {address}", [Found(5, 5 + len(address), "IP_ADDRESS", 0.6)]) == []


def test_an_example_address_that_is_no_surrogate_is_not_left_alone() -> None:
    text = "jane.doe@example.com"
    assert unreserved(text, [Found(0, len(text), "EMAIL_ADDRESS", 1.0)])


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("Jane Doe", r"[A-Z][a-z]+ [A-Z][a-z]+"),
        ("JANE DOE", r"[A-Z]+ [A-Z]+"),
        ("jane doe", r"[a-z]+ [a-z]+"),
        ("janeDoe", r"[a-z]+[A-Z][a-z]+"),
        ("Doe, Jane", r"[A-Z][a-z]+, [A-Z][a-z]+"),
        ("J. Doe", r"[A-Z]\. [A-Z][a-z]+"),
        ("Jane D.", r"[A-Z][a-z]+ [A-Z]\."),
        ("Dr. Jane van der Berg", r"Dr\. [A-Z][a-z]+ van der [A-Z][a-z]+"),
        ("jane_doe", r"[a-z]+_[a-z]+"),
        ("jdoe42", r"[a-z]+\d\d"),
        ("O\u2019Brien", r"[A-Z][a-z]+"),
        ("McDonald", r"[A-Z][a-z]+"),
        ("Mary-Jane", r"[A-Z][a-z]+-[A-Z][a-z]+"),
        (
            "\u0418\u0432\u0430\u043d \u041f\u0435\u0442\u0440\u043e\u0432",
            r"[\u0410-\u042f][\u0430-\u044f]+ [\u0410-\u042f][\u0430-\u044f]+",
        ),
        ("\u0393\u03b9\u03ce\u03c1\u03b3\u03bf\u03c2", r"[\u0391-\u03a9][\u03b1-\u03c9]+"),
        ("\u738b\u5c0f\u660e", r"[\u4e00-\u9fff]{3}"),
        ("\u30bf\u30ca\u30ab", r"[\u30a0-\u30ff]+"),
        ("\uae40\ucca0\uc218", r"[\uac00-\ud7a3]+"),
        ("\u05d3\u05d5\u05d3 \u05db\u05d4\u05df", r"[\u05d0-\u05ea]+ [\u05d0-\u05ea]+"),
        ("\u0645\u062d\u0645\u062f \u0639\u0644\u064a", r"[\u0600-\u06ff]+ [\u0600-\u06ff]+"),
        ("\u0e2a\u0e21\u0e0a\u0e32\u0e22", r"<PERSON_[0-9a-f]{4}>"),
        ("SmFuZSBEb2U=", r"<PERSON_[0-9a-f]{4}>"),
        ("Zo\\u00eb", r"[A-Z][a-z]+"),
        ("O\\'Brien", r"<PERSON_[0-9a-f]{4}>"),
        ("a1b2c3d4e5f6", r"<PERSON_[0-9a-f]{4}>|\w+"),
    ],
)
def test_an_invented_name_keeps_script_case_and_words(surrogates: Surrogates, name: str, shape: str) -> None:
    made = surrogates.replace("PERSON", name)
    assert re.fullmatch(shape, made)
    assert made != name
    assert unreserved(f"so {made}, or", [Found(3, 3 + len(made), "PERSON", 1.0)]) == []


def test_the_words_of_a_person_agree_wherever_they_stand(surrogates: Surrogates) -> None:
    first, last = surrogates.replace("PERSON", "Jane Doe").split()
    assert surrogates.replace("PERSON", "Doe, Jane") == f"{last}, {first}"
    assert surrogates.replace("PERSON", "JANE") == first.upper()
    assert surrogates.replace("PERSON", "J. Doe") == f"{first[0]}. {last}"
    assert surrogates.replace("PERSON", "janeDoe") == first.lower() + last


def test_fifty_people_of_an_interaction_have_fifty_names() -> None:
    """Single words collide in one interaction of 200 (ADR 10); two words at once in none that was seen."""
    people = [
        f"{chr(65 + n % 26)}{'aeiou'[n % 5]}lin{n // 26 * 'x'}a Smith{chr(97 + n % 26)}{n // 26 * 'q'}"
        for n in range(50)
    ]
    assert len(set(people)) == 50
    for scope in range(40):
        of_scope = Surrogates(KEY, 1, bytes([scope]))
        assert len({of_scope.replace("PERSON", one) for one in people}) == 50


def test_names_in_each_script_are_as_many_as_the_page_says() -> None:
    sizes = {name: len(set(s.first)) * len(set(s.second)) * len(set(s.last)) for name, s in names.SCRIPTS.items()}
    assert {sizes["latin"], sizes["cyrillic"], sizes["greek"]} == {784_000}
    assert min(sizes.values()) == sizes["han"] == 32_768


def test_no_name_and_no_place_of_faker_is_an_invented_name() -> None:
    """In any locale. A part of a longer word may be: then the rest of it is no surrogate, and it is replaced whole."""
    words = {word for text in _faker_words() for word in re.findall(r"[^\W\d_]+", text)}
    assert len(words) > 50_000
    assert [word for word in words if (0, len(word)) in names.written(word)] == []


def _faker_words() -> set[str]:
    config = pytest.importorskip("faker.config")
    found: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, str):
            found.add(value)
        elif isinstance(value, (list, tuple, dict)):
            for one in value:
                walk(one)

    for locale in config.AVAILABLE_LOCALES:
        for kind in ("person", "address"):
            try:
                module = importlib.import_module(f"faker.providers.{kind}.{locale}")
            except ImportError:
                continue
            for value in vars(module.Provider).values():
                walk(value)
    return found


@pytest.mark.parametrize(
    ("text", "value", "style", "shape"),
    [
        ("x = jane_doe_laptop", "jane_doe", "natural", r"x = [a-z]+_[a-z]+_laptop"),
        ("x = jane_laptop", "jane", "placeholder", r"x = PERSON_[0-9a-f]{4}_laptop"),
        ("by jane, now", "jane", "placeholder", r"by <PERSON_[0-9a-f]{4}>, now"),
        (r'"a\njane"', "jane", "placeholder", r'"a\\n<PERSON_[0-9a-f]{4}>"'),
    ],
)
def test_an_identifier_stays_one(text: str, value: str, style: Style, shape: str) -> None:
    at = text.index(value)
    found = [Found(at, at + len(value), "PERSON", 0.9)]
    made = Surrogates(KEY, 1, b"s", style).apply(text, found)
    assert re.fullmatch(shape, made)
    if "laptop" in text:
        assert made[4:].isidentifier()
    start = next(i for i, (a, b) in enumerate(zip(text, made, strict=False)) if a != b)
    end = len(made) - len(text) + at + len(value)
    assert unreserved(made, [Found(min(start, at), end, "PERSON", 0.9)]) == []


def test_secrets_are_placeholders_in_both_styles_and_inside_words() -> None:
    for made in (Surrogates(KEY, 1, b"s"), Surrogates(KEY, 1, b"s", "placeholder")):
        assert re.fullmatch(r"x<SECRET_[0-9a-f]{4}>y", made.apply("xhunter2y", [Found(1, 8, "SECRET", 1.0)]))


@pytest.mark.parametrize("escape", ["n", "x3c", "u003c"])
def test_what_is_left_of_an_escape_is_no_part_of_a_mail(surrogates: Surrogates, escape: str) -> None:
    text = '{"a":"x\\' + escape + 'jane@corp.com"}'
    at, mail = text.index("\\") + 1, text.index("jane")
    eaten, exact = Found(at, mail + 13, "EMAIL_ADDRESS", 1.0), Found(mail, mail + 13, "EMAIL_ADDRESS", 1.0)
    made = surrogates.apply(text, [eaten])
    assert (
        made
        == surrogates.apply(text, [exact])
        == text.replace("jane@corp.com", surrogates.replace("EMAIL_ADDRESS", "jane@corp.com"))
    )
    assert unreserved(made, [Found(at, len(made) - 2, "EMAIL_ADDRESS", 1.0)]) == []


def test_the_person_beside_an_invented_name_is_still_found(surrogates: Surrogates) -> None:
    made = surrogates.replace("PERSON", "Jane")
    text = f"ask {made} Smith today"
    at = text.index("Smith")
    assert unreserved(text, [Found(4, at + 5, "PERSON", 0.7)]) == [Found(at, at + 5, "PERSON", 0.7)]


@pytest.mark.parametrize("entity", ["SECRET", "US_BANK_NUMBER"])
def test_what_a_form_of_another_type_covers_is_still_found(entity: str) -> None:
    text = "666123456" if entity == "US_BANK_NUMBER" else "PERSON_0bad"
    assert unreserved(text, [Found(0, len(text), entity, 0.8)])


VALUES = [
    *(
        "Jane Doe",
        "jdoe42",
        "O\u2019Brien, Zo\u00eb",
        "\u0418\u0432\u0430\u043d \u041f\u0435\u0442\u0440\u043e\u0432",
        "\u738b\u5c0f\u660e",
    ),
    *("jane@corp.com", "10.1.2.3", "fe80::1", "212-867-5309", "+49 30 1234567", "07911 123456", "+33 6 12 34 56 78"),
    *(
        "4242 4242 4242 4242",
        "DE89 3704 0044 0532 0130 00",
        "3c:22:fb:01:02:03",
        "536-22-8145",
        "https://corp.com/x?y=1",
    ),
    *("123e4567-e89b-12d3-a456-426614174000", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "New York", "Berlin"),
]
KINDS = ["PERSON", "LOCATION", "EMAIL_ADDRESS", "PHONE_NUMBER", "IP_ADDRESS", "CREDIT_CARD", "IBAN_CODE", "UUID", "URL"]
KINDS += ["US_SSN", "MAC_ADDRESS", "DATE_TIME", "SECRET", "CRYPTO"]
GAPS = st.sampled_from([" ", ", ", "\n", " - ", "; ", " / "])
# Without words that stand in front of names and numbers: the context of what is left must not change.
WORDS = st.sampled_from(["so", "then", "=", "(", ")", "x = 1", "the cat", "fixed", "\u00fcber"])


@settings(max_examples=120, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.sampled_from(VALUES), st.sampled_from(KINDS), WORDS, GAPS), min_size=1, max_size=6),
    st.sampled_from(["natural", "placeholder"]),
)
def test_what_stands_in_for_findings_is_not_found_again(
    engine: Engine, parts: list[tuple[str, str, str, str]], style: Style
) -> None:
    """Whatever type a finder took a value for, and whatever else the engine finds."""
    text, found = "", []
    for value, kind, word, gap in parts:
        start = len(text)
        text += value + gap + word + gap
        found.append(Found(start, start + len(value), kind, 1.0))
    once = Surrogates(KEY, 1, b"s", style).apply(text, [*found, *engine.analyze([text])[0]])
    assert engine.analyze([once]) == [[]]
