"""Every rule of the tables finds what is drawn from its shape, and nothing in stand-ins of the same shape."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from bench.secrets.samples import ALONE, ASSIGNED, BEFORE, CODE, HARMLESS, REFERENCES, key, password, placed, positives
from bench.secrets.shapes import STAND_INS, drawn
from streams.privacy import secrets
from streams.privacy.secrets.keyed import KEYED
from streams.privacy.secrets.scan import TOKENS
from streams.privacy.secrets.structures import STRUCTURES
from streams.surrogates import merge

if TYPE_CHECKING:
    from streams.privacy.secrets.rules import Keyed, Structure, Token

DRAWS = 8
LEAST = 7  # of 8: a draw may by chance be a sequence or spell a word for "none"
# Expressions wider than what issuers give out, so that chance draws what nobody has: a path, two dots, one letter
WIDE = {
    "curl_user",
    "teams_webhook",
    "session_cookie",
    "slack_webhook",
    "sas",
    "url_password",
    "jwt",
    "auth_pair",
    "aws_secret_key",
    "slack",
}


def seeded(name: str) -> random.Random:
    return random.Random(name)  # noqa: S311 - made-up values


def spans(text: str) -> list[tuple[int, int]]:
    return [(one.start, one.end) for one in secrets.find(text)]


@pytest.mark.parametrize("rule", TOKENS, ids=lambda rule: rule.name)
def test_token_is_found_whole_wherever_it_stands(rule: Token) -> None:
    rng = seeded(rule.name)
    everywhere = ASSIGNED | ALONE
    samples = [
        placed(rule.name, where, everywhere[where], "setting", drawn(rule.expression, rng))
        for where in rng.sample(sorted(everywhere), DRAWS)
    ]
    missed = [one.surrounding for one in samples if (one.start, one.end) not in spans(one.text)]
    assert len(missed) <= DRAWS - (LEAST - 1 if rule.name in WIDE else LEAST), missed


@pytest.mark.parametrize("rule", TOKENS, ids=lambda rule: rule.name)
def test_stand_in_for_a_token_is_none(rule: Token) -> None:
    rng = seeded(rule.name)
    value = drawn(rule.expression, rng)
    match = rule.expression.fullmatch(value)
    assert match is not None
    prefix = value[: len(value) - len(match["v"])]
    for name, stand_in in STAND_INS.items():
        assert spans(f'setting = "{prefix}{stand_in(match["v"])}"\n') == [], name


@pytest.mark.parametrize("rule", KEYED, ids=lambda rule: rule.name)
def test_key_is_found_by_its_issuers_name(rule: Keyed) -> None:
    rng = seeded(rule.name)
    missed = []
    for where in rng.sample(sorted(ASSIGNED), DRAWS):
        name = f"{rng.choice(rule.words.split())}_{rng.choice(('api_key', 'token', 'secret'))}"
        one = placed(rule.name, where, ASSIGNED[where], name, drawn(rule.expression, rng))
        if (one.start, one.end) not in spans(one.text):
            missed.append(where)
    assert len(missed) <= DRAWS - LEAST + 1, missed


@pytest.mark.parametrize("rule", KEYED, ids=lambda rule: rule.name)
def test_stand_in_for_an_issuers_key_is_none(rule: Keyed) -> None:
    value = drawn(rule.expression, seeded(rule.name))
    for name, stand_in in STAND_INS.items():
        assert spans(f'{rule.words.split()[0]}_api_key = "{stand_in(value)}"\n') == [], name


@pytest.mark.parametrize("rule", STRUCTURES, ids=lambda rule: rule.name)
def test_structure_is_found(rule: Structure) -> None:
    rng = seeded(rule.name)
    before = BEFORE.get(rule.name, "")
    missed = 0
    for _ in range(DRAWS):
        text = f"{before}{drawn(rule.expression, rng, before)}\n"
        match = rule.expression.search(text)
        assert match is not None
        start, end = match.span("v" if "v" in rule.expression.groupindex else 0)
        missed += not any(first <= start and end <= last for first, last in spans(text))
    assert missed <= (DRAWS // 2 if rule.name in WIDE else 1)


@pytest.mark.parametrize("where", ASSIGNED)
def test_key_with_a_name_is_found_in_every_format(where: str) -> None:
    rng = seeded(where)
    for name in ("api_key", "client_secret", "access_token", "password"):
        samples = [
            placed("key", where, ASSIGNED[where], name, password(rng) if name == "password" else key(rng))
            for _ in range(DRAWS)
        ]
        missed = [one for one in samples if (one.start, one.end) not in spans(one.text)]
        assert len(missed) <= 1, name


@pytest.mark.parametrize("name", ["api_key", "auth_token", "password", "db_password", "secret_key"])
def test_reference_or_code_is_no_value(name: str) -> None:
    for value in REFERENCES:
        assert spans(f'{name} = "{value}"\n') == [], value
    for value in CODE:
        assert spans(f"{name} = {value}\n") == [], value


@pytest.mark.parametrize("name", [*HARMLESS, "id", "request_id", "version", "image", "sort_key", "cache_key"])
def test_random_value_with_a_harmless_name_is_none(name: str) -> None:
    rng = seeded(name)
    for _ in range(DRAWS):
        assert spans(f'{{"{name}": "{rng.randbytes(20).hex()}"}}') == []


@pytest.mark.parametrize(
    "text",
    [
        "<SECRET_3f9a>",
        'api_key = "<SECRET_3f9a>"',
        "Authorization: Bearer <SECRET_3f9a>",
        "password: <SECRET_0000>",
        "postgres://app:<SECRET_3f9a>@db/x",
        "curl -u <SECRET_3f9a> https://x.example.com",
        "--token <SECRET_3f9a>",
        "export TOKEN='<SECRET_3f9a>'",
    ],
)
def test_placeholder_is_not_found_again(text: str) -> None:
    assert spans(text) == []


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ('set("password", "{}")', "x1y2z3qq"),
        ("the password is {}.", "hunter2"),
        ("mysql --password={} -h db", "f4Kz9q"),
        ("//registry.npmjs.org/:_authToken={}", "5f6c0c2e-71fd-4b0b-9d0c-3ad2c80f2f10"),
        ("Authorization: Basic {}", "YXBwOnEzVnAxTHo4"),
        ("machine host login app password {}", "q8Zr4kP0"),
        ("docker login -u bob -p {}", "vqI5aTkaPthI"),
        ("mysql -u root -p{} shop", "92xf2MvQ"),
        ('requests.get(u, auth=("bob", "{}"))', "yGplpErf8703"),
        ("spring.datasource.password={}", "ptgUzEjfebzJ"),
        ("define('DB_PASSWORD', '{}');", "gldAazkBRVcJ"),
        ("Cookie: session={}", "Ajn2tEGeykk34qGzIRt3zvkydBbr4Rbt"),
        ("amqp://{}", "svc:q8Zr4kP0@mq.internal:5672/vh"),
    ],
)
def test_known_forms(template: str, value: str) -> None:
    text = template.format(value)
    start = text.index(value)
    assert any(first <= start and start + len(value) <= last for first, last in spans(text))


def test_masked_text_holds_no_secret() -> None:
    """A fixed point: what is left once every finding is a placeholder gives no finding."""
    for one in positives(seeded("fixed point"), 1):
        text = one.text
        for found in sorted(merge(secrets.find(text)), key=lambda found: -found.start):
            text = f"{text[: found.start]}<SECRET_3f9a>{text[found.end :]}"
        assert spans(text) == [], one.kind
