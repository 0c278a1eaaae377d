"""Texts with one secret each, in many languages and formats, and texts that look so and hold none. Seeded."""

from __future__ import annotations

import base64
import json
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.secrets.shapes import STAND_INS, drawn
from streams.privacy.secrets.keyed import KEYED
from streams.privacy.secrets.scan import TOKENS
from streams.privacy.secrets.structures import STRUCTURES

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

ASSIGNED: dict[str, str] = {
    "python": '{snake} = "{value}"\n',
    "python argument": 'client = connect(host, {snake}="{value}", timeout=3)\n',
    "javascript": "const {camel} = '{value}';\n",
    "object": "  {camel}: '{value}',\n",
    "json": '{{"name": "app", "{snake}": "{value}"}}\n',
    "json in json": '{{\\"{snake}\\": \\"{value}\\"}}\n',
    "yaml": "service:\n  {snake}: {value}\n",
    "yaml quoted": '  {kebab}: "{value}"\n',
    ".env": "{upper}={value}\n",
    "shell": 'export {upper}="{value}"\n',
    "option": "tool deploy --{kebab}={value} --quiet\n",
    "properties": "app.{dotted}={value}\n",
    "ini": "{snake} = {value}\n",
    "java": 'private static final String {upper} = "{value}";\n',
    "c#": 'string {camel} = "{value}";\n',
    "go": '\t{camel} := "{value}"\n',
    "rust": 'const {upper}: &str = "{value}";\n',
    "typescript": 'private readonly {camel}: string = "{value}";\n',
    "ruby": "{snake}: '{value}',\n",
    "ruby hash": '"{snake}" => "{value}"\n',
    "php": "$config['{snake}'] = '{value}';\n",
    "terraform": '  {snake} = "{value}"\n',
    "kubernetes": "  - name: {upper}\n    value: {value}\n",
    "docker": "ENV {upper} {value}\n",
    "xml": "<{camel}>{value}</{camel}>\n",
    "setter": 'builder.set("{camel}", "{value}");\n',
    "powershell": '${camel} = "{value}"\n',
}
"""Surrounding -> text with the name in the surrounding's own case, and the value."""

ALONE: dict[str, str] = {
    "prose": "Please use {value} until Friday, then tell me.\n",
    "code in prose": "I set it to `{value}` and it works.\n",
    "comment": "# old one: {value}\n",
    "call": 'client = Client("{value}")\n',
    "list": '["first", "{value}"]\n',
    "log": "12:01:33 INFO started with {value}\n",
    "address": "GET https://api.internal.net/v1/items?id={value}&page=2\n",
}
"""Surroundings without a name, for values that are known by themselves."""

# What has to stand before a structure that is drawn from its expression.
BEFORE = {
    "az_login": "az ",
    "sas": "https://acme.blob.core.windows.net/c/f?sv=2022-11-02&",
    "azure_function": "https://acme.azurewebsites.net/api/f?",
}

_SIGNS = "!@#%^*+~?"
_KEY_NAMES = ("api_key", "secret_key", "access_token", "client_secret", "auth_token", "signing_key", "service_api_key")
_PASSWORD_NAMES = ("password", "db_password", "admin_passwd", "smtp_pwd", "redis_pass", "keystore_passphrase")


@dataclass(frozen=True, slots=True)
class Sample:
    """`text` with the secret at `start` to `end`; both 0 where it holds none."""

    kind: str
    surrounding: str
    text: str
    start: int = 0
    end: int = 0


def placed(kind: str, surrounding: str, template: str, name: str, value: str) -> Sample:
    """`value` and `name` in `template`."""
    parts = name.split("_")
    names = {
        "snake": name,
        "camel": parts[0] + "".join(part.capitalize() for part in parts[1:]),
        "kebab": "-".join(parts),
        "dotted": ".".join(parts),
        "upper": name.upper(),
    }
    text = template.format(value=value, **names)
    start = text.index(value)
    return Sample(kind, surrounding, text, start, start + len(value))


def positives(rng: random.Random, each: int) -> Iterator[Sample]:
    """`each` samples of every rule and kind, in surroundings by turns."""
    everywhere = ASSIGNED | ALONE
    for token in TOKENS:
        for where in rng.sample(sorted(everywhere), each):
            yield placed(f"token {token.name}", where, everywhere[where], "setting", drawn(token.expression, rng))
    for structure in STRUCTURES:
        for _ in range(each):
            before = BEFORE.get(structure.name, "")
            text = before + drawn(structure.expression, rng, before)
            match = structure.expression.search(text)
            start, end = match.span("v" if "v" in structure.expression.groupindex else 0) if match else (0, 0)
            yield Sample(f"structure {structure.name}", "by itself", f"{text}\n", start, end)
    for keyed in KEYED:
        for where in rng.sample(sorted(ASSIGNED), each):
            name = f"{rng.choice(keyed.words.split())}_{rng.choice(('api_key', 'token', 'secret', 'key'))}"
            yield placed(f"keyed {keyed.name}", where, ASSIGNED[where], name, drawn(keyed.expression, rng))
    for where, template in ASSIGNED.items():
        for _ in range(each):
            yield placed("assigned key", where, template, rng.choice(_KEY_NAMES), key(rng))
            yield placed("assigned password", where, template, rng.choice(_PASSWORD_NAMES), password(rng))


def key(rng: random.Random) -> str:
    """A key as services give them out: letters and digits, base 16, base 64, safe base 64; 16 to 64 characters."""
    size = rng.choice((16, 20, 24, 32, 40, 48, 64))
    alphabet = rng.choice(
        (string.ascii_letters + string.digits, "0123456789abcdef", string.ascii_lowercase + string.digits)
    )
    if rng.random() < 0.2:
        return base64.b64encode(rng.randbytes(size)).decode()
    return "".join(rng.choice(alphabet) for _ in range(size))


def password(rng: random.Random) -> str:
    """A password as people and their tools make them: letters, a digit, often a sign."""
    size = rng.randint(8, 16)
    letters = [rng.choice(string.ascii_letters + string.digits) for _ in range(size)]
    letters[rng.randrange(1, size)] = rng.choice(string.digits)
    if rng.random() < 0.5:
        letters[rng.randrange(1, size)] = rng.choice(_SIGNS)
    return "".join(letters)


def negatives(rng: random.Random, each: int) -> Iterator[Sample]:
    """Stand-ins for every rule, and values whose name says that they are no secret."""
    everywhere = ASSIGNED | ALONE
    for token in TOKENS:
        value = drawn(token.expression, rng)
        match = token.expression.fullmatch(value)
        tail = match["v"] if match else value
        for kind in rng.sample(sorted(STAND_INS), each):
            where = rng.choice(sorted(everywhere))
            made = value[: len(value) - len(tail)] + STAND_INS[kind](tail)
            yield Sample(f"token {token.name}", kind, everywhere[where].format_map(_Names("setting", made)))
    for keyed in KEYED:
        for kind in rng.sample(sorted(STAND_INS), each):
            where = rng.choice(sorted(ASSIGNED))
            made = STAND_INS[kind](drawn(keyed.expression, rng))
            name = f"{keyed.words.split()[0]}_api_key"
            yield Sample(f"keyed {keyed.name}", kind, ASSIGNED[where].format_map(_Names(name, made)))
    for name in (*_KEY_NAMES, *_PASSWORD_NAMES):
        for value in REFERENCES:
            yield Sample("reference", value, f'{name} = "{value}"\n')
        for value in CODE:
            yield Sample("code", value, f"{name} = {value}\n")
    for name in HARMLESS:
        for _ in range(each):
            yield Sample("harmless name", name, json.dumps({name: key(rng)}) + "\n")


class _Names(dict[str, str]):
    """Every case of the name, and the value."""

    def __init__(self, name: str, value: str) -> None:
        super().__init__(value=value)
        self._name = name

    def __missing__(self, form: str) -> str:
        return self._name.upper() if form == "upper" else self._name


REFERENCES = (
    *("${DB_PASSWORD}", "{{ vault.value }}", "$(cat /run/secret)", "%(password)s", "<your-value>", "[REDACTED]"),
    *("your-api-key", "changeme", "xxxxxxxxxxxxxxxx", "****************", "<SECRET_3f9a>", "secret/data/app#token"),
    *("process.env.API_KEY", "os.environ.get", "vault:secret/app", "arn:aws:secretsmanager:eu-west-1:1:secret:x"),
)
CODE = (
    *('os.environ["API_KEY"]', "process.env.API_KEY", "get_secret(name)", "config.auth.value", "self._value", "None"),
    *("settings.SECRET_VALUE", "request.headers['x']", "&credentials.value", "new TokenProvider()", "options?.value"),
)
HARMLESS = ("commit_sha", "integrity", "checksum_sha256", "etag", "public_key", "digest", "file_hash", "content_md5")
