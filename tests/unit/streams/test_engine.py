"""The engine: tables of what is found and what is not. Presidio's own findings are in privacy/test_presidio_*.py."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.privacy.engine import LANGUAGE, OURS, UNFIT, Engine
from streams.surrogates import Found, Surrogates, merge


@pytest.fixture(scope="module")
def stock() -> Engine:
    return Engine(stock=True, score_threshold=0.3)


BETTER = (
    ("see H2 and A1 for the driver", "US_DRIVER_LICENSE"),
    ("the public notice A1234567", "US_DRIVER_LICENSE"),
    ("call 6a8ac4ba-0580-5975-ed2f-89d94a2f20aa", "PHONE_NUMBER"),
    ("write to jane@corp-zeta.com", "URL"),
    ("import self.name from main.py", "URL"),
)


@pytest.mark.parametrize(("text", "entity"), BETTER)
def test_what_stock_takes_for_a_finding_is_none(engine: Engine, stock: Engine, text: str, entity: str) -> None:
    assert entity in {one.entity for one in stock.analyze([text])[0]}
    assert entity not in {one.entity for one in engine.analyze([text])[0]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("driver's license R12345678", "R12345678"),
        ("DL: AB123456", "AB123456"),
        ("driving_permit=Q1234567", "Q1234567"),
    ],
)
def test_a_licence_with_a_word_for_it_near_by_is_found(engine: Engine, text: str, value: str) -> None:
    assert kinds(engine, text) == {value: "US_DRIVER_LICENSE"}


def test_stock_has_presidio_s_recognisers_and_none_of_ours(engine: Engine, stock: Engine) -> None:
    names = {one.name for one in stock.analyzer.registry.recognizers}
    assert set(UNFIT) <= names
    assert names.isdisjoint(name for name, _, _ in OURS)
    assert set(UNFIT).isdisjoint(one.name for one in engine.analyzer.registry.recognizers)


def test_the_analyzer_of_the_engine_finds_what_the_engine_finds(engine: Engine) -> None:
    text = "mail jane@corp-zeta.com or +49 30 1234567"
    found = {(one.start, one.end) for one in engine.analyzer.analyze(text, LANGUAGE, score_threshold=0.5)}
    assert found == {(one.start, one.end) for one in engine.analyze([text])[0]}


def kinds(engine: Engine, text: str, subject: str | None = None) -> dict[str, str]:
    """Value -> entity of what is found, overlaps merged."""
    (found,) = engine.analyze([text], subject)
    return {text[one.start : one.end]: one.entity for one in merge(found)}


SECRETS = (
    ("AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLQ", "AKIAIOSFODNN7EXAMPLQ"),
    ("git clone with ghp_" + "a1B2" * 9, "ghp_" + "a1B2" * 9),
    ("token github_pat_" + "A1b2" * 8, "github_pat_" + "A1b2" * 8),
    ("glpat-" + "x1Y2z" * 4, "glpat-" + "x1Y2z" * 4),
    ("sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"),
    ("AIza" + "SyD1" * 8 + "abc", "AIza" + "SyD1" * 8 + "abc"),
    ("sk-ant-api03-" + "aB3d" * 6, "sk-ant-api03-" + "aB3d" * 6),
    ("sk-proj-" + "aB3d" * 6, "sk-proj-" + "aB3d" * 6),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_123", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_123"),
    ("db postgres://app:pa55@db.corp.com:5432/x now", "postgres://app:pa55@db.corp.com:5432/x"),
    ("https://jane:pw1@git.corp.com/r.git", "https://jane:pw1@git.corp.com/r.git"),
    ('api_key = "q8Zr4kP0x9Lm"', "q8Zr4kP0x9Lm"),
    ('{"client_secret": "q8Zr4kP0x9Lm"}', "q8Zr4kP0x9Lm"),
    ('{\\"token\\": \\"q8Zr4kP0x9Lm\\"}', "q8Zr4kP0x9Lm"),
    ("PASSWORD='correcthorse'", "correcthorse"),
    ("export DB_PASSWORD=hunter2", "hunter2"),
    ("the password is hunter2!", "hunter2"),
    ("Authorization: Bearer q8Zr4kP0x9LmW2vT", "q8Zr4kP0x9LmW2vT"),
)


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_secret_is_found_whole(engine: Engine, text: str, secret: str) -> None:
    assert kinds(engine, text).get(secret) == "SECRET"


@pytest.mark.parametrize(
    "text",
    [
        "password = get_password()",
        'api_key = os.environ["API_KEY"]',
        "token: str = field(default=None)",
        'password = "${DB_PASSWORD}"',
        'secret_key: "<your key here>"',
        "max_tokens = 4096",
        "for token in tokens: count(token.kind)",
        "sk-learn and task-based pipelines",
        'key = "name"',
        "the secret of success is work",
    ],
)
def test_code_about_secrets_is_no_secret(engine: Engine, text: str) -> None:
    assert kinds(engine, text) == {}


CUES = (
    ("Signed-off-by: Jane Doe <jane@corp.com>", "Jane Doe"),
    ("    Co-authored-by: jane doe <jane@corp.com>", "jane doe"),
    ("Author: Jane van der Berg <jane@corp.com>", "Jane van der Berg"),
    (" * @author Jane Doe", "Jane Doe"),
    ("# TODO(jdoe): later", "jdoe"),
    ("Hello, my name is Zoë Müller-Lüdenscheidt.", "Zoë Müller-Lüdenscheidt"),
    ("Dear Dr. O\u2019Brien,\nthe report", "O\u2019Brien"),
    ("Hi Jane, can you", "Jane"),
    ("looks good. Thanks, Bob Miller\n", "Bob Miller"),
    ("Best regards,\nJane Doe", "Jane Doe"),
    ("Kind regards,\r\n\r\n-- Jane", "Jane"),
    ("From: Jane Doe <jane@corp.com>", "Jane Doe"),
    ("Assignee: Jane Doe", "Jane Doe"),
    ('{"author": "Jane Doe"}', "Jane Doe"),
    ('username = "jdoe42"', "jdoe42"),
    ("open /home/jdoe/src/main.py", "jdoe"),
    ("open /Users/jane.doe/x", "jane.doe"),
    (r"C:\Users\jane.doe\AppData", "jane.doe"),
    (r'"C:\\Users\\jane.doe\\AppData"', "jane.doe"),
    ("Mr. Smith called", "Smith"),
    ("I'm Jane Doe from sales", "Jane Doe"),
    ("ssh jdoe@build7 uptime", "jdoe"),
    ("psql -h db1 -U jdoe -c 'select 1'", "jdoe"),
    ("If that fails, call Hana Garc\u00eda on Monday", "Hana Garc\u00eda"),
    ("and Hana Garc\u00eda will talk to Data", "Hana Garc\u00eda"),
    ("is blocked; Asha Stone (asha@corp.com) knows", "Asha Stone"),
)


@pytest.mark.parametrize(("text", "name"), CUES)
def test_person_is_found_by_a_cue(engine: Engine, text: str, name: str) -> None:
    assert kinds(engine, text).get(name) == "PERSON"


@pytest.mark.parametrize(
    "text",
    [
        "Hi all, thanks everyone",
        "Hi Team,",
        "Dear Sir or Madam,",
        "Thanks for the quick fix",
        "cd /home/user/src && ls /Users/Shared",
        "@property\n@dataclass\ndef name(self): return self.name",
        "self.name = name; obj.com_port = 3; import os.path",
        "The author of this module",
        "np.dot(a@b, c)",
        "http://localhost:8080/x and ftp://127.0.0.1/",
    ],
)
def test_plain_code_and_prose_have_no_person_and_no_address(engine: Engine, text: str) -> None:
    assert kinds(engine, text) == {}


@pytest.mark.parametrize(
    "text",
    ["jane.doe", "Jane Doe", "JANE DOE", "Doe, Jane", "jane_doe", "janeDoe", "Jane", "jane-doe-laptop"],
)
def test_the_subject_is_found_in_every_spelling(engine: Engine, text: str) -> None:
    assert "PERSON" in kinds(engine, f"so {text} did it", "jane.doe@corp.com").values()


@pytest.mark.parametrize(
    "encoded",
    ["q=aelwyn%74orvath", "\\u0061elwyn_torvath", "note: eWVzdGVyZGF5IGFlbHd5biB0b3J2YXRo", "&#97;elwyntorvath"],
)
def test_the_subject_is_found_in_encodings(engine: Engine, encoded: str) -> None:
    subject = "aelwyn.torvath@corp-zeta.com"
    assert "PERSON" in {one.entity for one in engine.analyze([encoded], subject)[0]}
    assert "PERSON" not in {one.entity for one in engine.analyze([encoded])[0]}


def test_a_subject_whose_name_is_a_word_hides_the_name_and_not_the_word(engine: Engine) -> None:
    assert kinds(engine, "Will will do it", "will.baker@corp.com") == {"Will": "PERSON"}


def test_a_name_found_in_one_text_is_found_in_all_of_the_event(engine: Engine) -> None:
    one, other = engine.analyze(["Hi Roberta Klein,", "then Roberta said ROBERTA KLEIN agreed"])
    assert {"Roberta Klein"} == {"Hi Roberta Klein,"[f.start : f.end] for f in merge(one)}
    assert [(f.start, f.end) for f in merge(other)] == [(5, 12), (18, 31)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("write jane@build.corp.internal now", "jane@build.corp.internal"),
        ("see https://jira.company.internal:8443/x?y=1#z.", "https://jira.company.internal:8443/x?y=1#z"),
        ("(see https://corp.com/a_(b))", "https://corp.com/a_(b)"),
        ("reach me: +49 30 1234567.", "+49 30 1234567"),
        ("id 426614174000 4242 4242 4242 4242", "4242 4242 4242 4242"),
        ("reach me: (212) 867-5309", "(212) 867-5309"),
        ("ping me on +33 6 12 34 56 78.", "+33 6 12 34 56 78"),
    ],
)
def test_addresses_are_found_whole_without_context_words(engine: Engine, text: str, value: str) -> None:
    assert value in kinds(engine, text)


def test_a_text_seen_before_is_not_analysed_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    first = engine.analyze(["memo: mail jane@corp.com"])
    monkeypatch.setattr(engine, "presidio_findings", lambda text: pytest.fail("analysed again"))
    assert engine.analyze(["memo: mail jane@corp.com"]) == first


# Without values that count only with a context word near: a surrogate is fewer or more words than what it stands for.
PIECES = st.sampled_from(
    [
        *(
            "call me at 212-867-5309",
            "+1 (212) 867 5309",
            "10.2.3.4/24",
            "fe80::1",
            "2024-01-05",
            "5.6.2020",
            "1.2.3.4.5",
        ),
        *("4242 4242 4242 4242", "DE89 3704 0044 0532 0130 00", "x.y@corp.com", "<a@b.corp>", "00:1B:44:11:3A:B7"),
        *("https://jira.corp.com:8443/x?y=1", "www.corp.com", "corp.com/x", "123e4567-e89b-12d3-a456-426614174000"),
        *(text for text, _ in SECRETS),
        *(text for text, _ in CUES),
        *("jane.doe", "Jane", "JDoe", "quick.brook07@example.com", "<PERSON_3f9a>", "<SECRET_0000>", "naïve 😀"),
    ]
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(PIECES, min_size=1, max_size=6), st.sampled_from([" ", "\n", ", "]))
def test_scrubbing_scrubbed_text_changes_nothing(engine: Engine, pieces: list[str], gap: str) -> None:
    surrogates = Surrogates(b"k" * 32, 1, b"s")
    text = gap.join(pieces)
    once = surrogates.apply(text, engine.analyze([text], "jane.doe@corp.com")[0])
    again: list[Found] = engine.analyze([once], "jane.doe@corp.com")[0]
    assert surrogates.apply(once, again) == once


@pytest.mark.parametrize(
    "value", ["ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8", "4556737586899855", "4556 7375 8689 9855", "jane@corp-zeta.io"]
)
@pytest.mark.parametrize("escape", ["\\n", "\\t", "\\r\\n", '\\"'])
def test_a_value_behind_an_escape_of_embedded_json_is_found(engine: Engine, value: str, escape: str) -> None:
    text = f'{{"out":"line one{escape}{value}{escape}"}}'
    (found,) = engine.analyze([text])
    start = text.index(value)
    assert any(one.start <= start and one.end >= start + len(value) for one in found)
