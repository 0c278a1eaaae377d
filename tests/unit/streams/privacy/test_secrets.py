"""Every rule of the tables finds what is drawn from its shape, and nothing in stand-ins of the same shape."""

from __future__ import annotations

import random
import re
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

UNKNOWN = 0.6  # score of tokens whose issuer is not known
# One short is another of the rule's shapes, or is found by the name that the prefix is
OTHERWISE = {"sendgrid", "defined_networking"}
DRAWS = 8
LEAST = 7  # of 8: a draw may by chance be a sequence or spell a word for "none"
# Expressions wider than what issuers give out, so that chance draws what nobody has: a path, two dots, one letter
WIDE = {
    "call_pair",
    "call_password",
    "told_pair",
    "told_password",
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


def test_no_key_of_amazon_is_missed_because_chance_spells_words() -> None:
    rng, alphabet = seeded("capitals"), "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    keys = ["AKIAUECONSVELJKDIT2G", *("AKIA" + "".join(rng.choices(alphabet, k=16)) for _ in range(5_000))]
    missed = [one for one in keys if (11, 31) not in spans(f'API_KEY = "{one}"')]
    assert len(missed) <= 1, missed  # four crosses in a row, or FAKE


@pytest.mark.parametrize("rule", TOKENS, ids=lambda rule: rule.name)
def test_stand_in_for_a_token_is_none(rule: Token) -> None:
    rng = seeded(rule.name)
    value = drawn(rule.expression, rng)
    match = rule.expression.fullmatch(value)
    assert match is not None
    prefix = value[: len(value) - len(match["v"])]
    for name, stand_in in STAND_INS.items():
        assert spans(f'setting = "{prefix}{stand_in(match["v"])}"\n') == [], name


@pytest.mark.parametrize("word", ["yoUR", "Fake", "todo", "toDO"])
def test_a_random_token_may_spell_a_word_for_none_by_chance(word: str) -> None:
    token = f"ghp_KCCY99Sy{word}EAsLGTzjFd82u4uK5Pwx1SOT"
    assert set(spans(f'API_KEY = "{token}"\n')) == {(11, 11 + len(token))}
    assert spans('API_KEY = "ghp_your_token_goes_here_your_token_12345678"\n') == []


@pytest.mark.parametrize("rule", [one for one in TOKENS if one.name not in OTHERWISE], ids=lambda rule: rule.name)
def test_token_that_is_short_by_one_or_has_a_foreign_sign_is_none(rule: Token) -> None:
    """By itself, in prose; only what another rule or the form of unknown tokens says may be found in it."""
    value = drawn(rule.expression, seeded(rule.name), more=0)
    middle = (len(value) + rule.expression.fullmatch(value).start("v")) // 2  # type: ignore[union-attr]
    for wrong in (value[:-1], f"{value[:middle]}!{value[middle + 1 :]}"):
        assert rule.expression.match(wrong) is None
        certain = [one for one in secrets.find(f"old one {wrong} was here") if one.score > UNKNOWN]
        assert not certain or any(other.expression.search(wrong) for other in TOKENS)


@pytest.mark.parametrize("rule", KEYED, ids=lambda rule: rule.name)
def test_key_of_another_length_or_alphabet_is_no_issuers(rule: Keyed) -> None:
    value = drawn(rule.expression, seeded(rule.name), more=0)
    assert rule.expression.match(f"{value[:-1]}!") is None
    assert rule.expression.match(value[:-1]) is None


@pytest.mark.parametrize("rule", STRUCTURES, ids=lambda rule: rule.name)
def test_stand_in_in_a_structure_is_none(rule: Structure) -> None:
    rng = seeded(rule.name)
    before = BEFORE.get(rule.name, "")
    text = before + drawn(rule.expression, rng, before)
    match = rule.expression.search(text)
    assert match is not None
    groups = rule.expression.groupindex
    start, end = match.span("c" if "c" in groups else "v" if "v" in groups else 0)
    for name in ("crosses", "zeros", "one letter"):
        made = text[:start] + STAND_INS[name](text[start:end]) + text[end:]
        assert spans(made) == [], (name, made)


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


PASSWORD, KEY = "q8Zr4kP0", "Ajn2tEGeykk34qGzIRt3zvkydBbr4Rbt"
HEX, UUID = "c19a2539b53367d726e5f04a8d0b7e61", "3f1d2c4b-9a7e-4c55-8b2f-0d1e6a7c9b35"
HASH = "abcdefghijklmnopqrstuv".translate(str.maketrans("abcdefghijklmnopqrstuv", "Xq9.Lw2/Ze4uT7bR1mKpVd"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"password: |\n  {PASSWORD}\nuser: bob\n", PASSWORD),
        (f"apiKey: >-\n    {KEY}\n    {KEY}\n", f"{KEY}\n    {KEY}"),
        (f"db:\n  password:\n    {PASSWORD}\n", PASSWORD),
        (f"<password>\n  {PASSWORD}\n</password>", PASSWORD),
        (f"<secret>{{{KEY}}}</secret>", KEY),
        (f'<string name="api_key">{KEY}</string>', KEY),
        ('{"auths": {"reg.internal": {"auth": "Ym9iOnE4WnI0a1Aw"}}}', "Ym9iOnE4WnI0a1Aw"),
        (f"machine host\n  login app\n  password {PASSWORD}\n", PASSWORD),
        (f"db.internal:5432:shop:bob:{PASSWORD}\n", PASSWORD),
        ("bob:$apr1$Zk3x9Qa1$" + HASH + "\n", "$apr1$Zk3x9Qa1$" + HASH),
        ("root:$2b$12$" + (HASH * 3)[:53] + ":19000:0", "$2b$12$" + (HASH * 3)[:53]),
        (f"[default]\naws_access_key_id = x\naws_session_token = {KEY * 20}\n", KEY * 20),
        ("[pypi]\nusername = bob\npassword = whiteduke\n", "whiteduke"),
        ("//npm.internal/:_password=whiteduke\n", "whiteduke"),
        ("REACT_APP_PASS=whiteduke\n", "whiteduke"),
        (f'{{"db_password": {{"value": "{PASSWORD}", "type": "string"}}}}', PASSWORD),
        (f'variable "db_password" {{\n  type = string\n  default = "{PASSWORD}"\n}}', PASSWORD),
        (f"helm upgrade app --set auth.password={PASSWORD} --wait", PASSWORD),
        (f"env:\n  API_TOKEN: {KEY}\n", KEY),
        (f'const key = process.env.API_KEY || "{KEY}";', KEY),
        (f'password = os.environ.get("PASSWORD") or "{PASSWORD}"', PASSWORD),
        (f'{{\\\\\\"api_key\\\\\\": \\\\\\"{KEY}\\\\\\"}}', KEY),
        (f"the new token {KEY} works", KEY),
        (f"https://api.internal/v1?key={KEY}&page=2", KEY),
        (f"host 10.0.0.1 (pw:{PASSWORD})", PASSWORD),
        ("password: hunter2!", "hunter2!"),
        ("api_key: 'nH=_cz6kJuHGHNHUoWuzLNktfR'", "nH=_cz6kJuHGHNHUoWuzLNktfR"),
        ("login_token: squ_xWOI1=yPcqmGHiCXeVTCSJ", "squ_xWOI1=yPcqmGHiCXeVTCSJ"),
        (f"CREATE USER 'bob'@'%' IDENTIFIED BY '{PASSWORD}';", PASSWORD),
        (f"ldapsearch -D cn=bob -w {PASSWORD} -b dc", PASSWORD),
        (f"first acme_live_{KEY} then", f"acme_live_{KEY}"),
        (f"\x1b[93mghp_{KEY}\x1b[0m", f"ghp_{KEY}"),
    ],
)
def test_value_is_found_to_the_character_where_tools_keep_it(text: str, value: str) -> None:
    start = text.index(value)
    assert (start, start + len(value)) in spans(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # by a service's name, and by a word for a key, without a sign
        (f"shodan: {HEX}", HEX),
        (f"const chartMogul = '{UUID}';", UUID),
        (f"pandadoc SECRET {KEY}", KEY),
        (f"the private key {UUID} was", UUID),
        (f"keenio '{KEY}'", KEY),
        (f"acme.io-secret-{HEX}", HEX),
        (f'unheardOf: "{KEY}"', KEY),
        # by their place in a command, a call, a file of a device, a sentence
        (f"psexec \\\\srv1 -u admin -p {PASSWORD} cmd", PASSWORD),
        (f"net use Z: \\\\srv\\share /user:dom\\bob {PASSWORD}", PASSWORD),
        (f"net user bob {PASSWORD} /add", PASSWORD),
        (f"smbclient //srv/share -U bob%{PASSWORD}", PASSWORD),
        (f"htpasswd -b /etc/nginx/users bob {PASSWORD}", PASSWORD),
        (f"unzip -P {PASSWORD} a.zip", PASSWORD),
        (f"keytool -import -storepass {PASSWORD} -alias a", PASSWORD),
        (f"echo {PASSWORD} | sudo -S apt update", PASSWORD),
        (f'echo "root:{PASSWORD}" | chpasswd', PASSWORD),
        (f"sqlplus scott/{PASSWORD}@orcl", PASSWORD),
        ("kubeadm join 10.0.0.1:6443 --token abcd3f.0123wx89ab4def12", "abcd3f.0123wx89ab4def12"),
        ("username admin password 7 0822455D0A16544541", "0822455D0A16544541"),
        ("snmp-server community s3cr3tRO RO", "s3cr3tRO"),
        (f"requirepass {PASSWORD}", PASSWORD),
        (f"ds.setPassword('{PASSWORD}');", PASSWORD),
        (f'DriverManager.getConnection(url, "root", "{PASSWORD}")', PASSWORD),
        (f"new PDO('mysql:host=h', 'root', '{PASSWORD}')", PASSWORD),
        (f"The password for the admin account is {PASSWORD}.", PASSWORD),
        (f"credentials: bob / {PASSWORD}", PASSWORD),
        (f"Administrator:500:{HEX}:{HEX[::-1]}:::", f"{HEX}:{HEX[::-1]}"),
        (f"const key =\n  process.env.ACCOUNT_KEY ||\n  '{KEY}';", KEY),
        ("mnemonic: " + "candy maple cake " * 3 + "sugar cream honey", "candy maple cake " * 3 + "sugar cream honey"),
    ],
)
def test_value_is_found_by_its_place(text: str, value: str) -> None:
    start = text.index(value)
    assert (start, start + len(value)) in spans(text)


@pytest.mark.parametrize(
    "text",
    [
        "password:\n  secretKeyRef:\n    name: db1\n",
        "password: |\n  {{ .Values.password }}\n",
        "<password>${DB_PASSWORD}</password>",
        '<label for="password">Password</label>',
        "token: sha256_d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592",
        "msg_0123ABCdefGHIjklMNOpqrSTUvwxYZab12cd",
        "arn:aws:secretsmanager:us-west-2:123456789012:secret:app/db",
        "Password: *mailPassword,\n",
        'x = ["ssh2_auth_password",\n     "ssh2_auth_pubkey_file2"]',
        "localhost:5432:shop:bob:$PGPASSWORD\n",
        "users are identified by their name, or identified by what they said",
        "cost $1$ and $2a$10$ are prefixes",
        '"openai": "gpt-4o-mini-2024-07-18"',
        '"mistral-8x7b": "mixtral-8x7b-32768"',
        "github.com/google/uuid v1.6.0 h1:NIvaJDMOsjHA8n1jAhLSgzrAzy1Hgr+hNrb57e+94F0=",
        'src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mMsKL5ZDwAFVAI9A6eNqwAAAABJRU5ErkJggg=="',
        f'"primary key {UUID}", "request {UUID}", id={KEY}',
        f"stripe_request_uuid: {UUID}",
        "the password field is required; password is too short; a password of 8 characters",
        "Password Manager, password reset Tokens and password2 fields",
        'login("bob", "wrong"), setPassword("password"), credentials: name and mail',
        "snmp-server community public RO",
        'login("bob", "calm.river12@example.com"), login("bob", "PERSON_3f9a")',
        "credentials: bob / calm.river12@example.com, password calm.river12@example.com",
        "the password for mail is x3f9a1c22.example.com; password x3f9a1c22.example.com",
        'send "yes" to the password prompt, net user /domain, echo done | sudo tee log',
    ],
)
def test_what_looks_like_it_is_none(text: str) -> None:
    assert spans(text) == []


def test_masked_text_holds_no_secret() -> None:
    """A fixed point: what is left once every finding is a placeholder gives no finding."""
    for one in positives(seeded("fixed point"), 1):
        text = one.text
        for found in sorted(merge(secrets.find(text)), key=lambda found: -found.start):
            text = f"{text[: found.start]}<SECRET_3f9a>{text[found.end :]}"
        assert spans(text) == [], one.kind


GUID, BASE16 = "3f0c9a7e-51d2-4b8e-9c64-a07d5e1f8b23", "9b1f04c7e6d25a8830fe7c41b96d2a5f"


@pytest.mark.parametrize(
    "value",
    [
        f"{BASE16[:24]}:{BASE16}{BASE16[::-1]}",  # Ghost
        f"{GUID}:{BASE16}",  # fal
        f"{BASE16}.Q7xkT2mVb9LsR4wE",  # Zhipu
    ],
)
def test_two_runs_with_a_sign_between_them_are_one_key(value: str) -> None:
    text = f"use {value}, please"
    assert (4, 4 + len(value)) in spans(text)
    other = re.sub("[0-9A-Za-z]", "x", value)
    assert spans(f"use {other}, {BASE16}.chunk.js, {GUID}:12:30, please") == []
