"""What a name says of the value it is given: a password, a key of some issuer, something else. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streams.privacy.secrets.keyed import KEYED
from streams.privacy.secrets.services import SERVICES

if TYPE_CHECKING:
    from streams.privacy.secrets.rules import Keyed

WORDS = (b"pass", b"pw", b"secret", b"token", b"key", b"cred", b"auth", b"api", b"access", b"psk")
"""One of these, in lower case, is in every name that announces a secret."""

_SEGMENT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_JOINT = re.compile(r"[^0-9a-z]+")
_PASSWORD = re.compile(
    r"passw(?:or)?d|passwd|passphrase|passcode|passwort|pwd\d?(?![a-z])|(?<![a-z])pw(?![a-z])|(?<![a-z])pass\d?(?![a-z]|_(?!phrase|word|code))"
    r"|(?<=[a-z])pass(?![a-z])(?<!bypass)(?<!minipass)(?<!compass)(?<!surpass)|contrase|(?<![a-z])psk(?![a-z])"
)
_STRONG = re.compile(
    r"secret|token|api[_\-. ]?key|access[_\-. ]?key|auth[_\-. ]?key|private[_\-. ]?key"
    r"|account[_\-. ]?key|signing[_\-. ]?key|encrypt(?:ion)?[_\-. ]?key"
    r"|(?:client|service|master|license|shared|storage|admin|db|database|deploy|session|server|app|application|user"
    r"|write|read|ingest|integration|webhook|secure|security|crypt\w*|jwt|hmac|aes|rsa|ssh)[_\-. ]?key"
    r"|credential|(?<![a-z])creds?(?![a-z])|authorization"
    r"|(?<![a-z])bearer|api[_\-. ]?(?:auth|pass|pwd)|auth[_\-. ]?(?:pass|code|data)"
)
_WEAK = re.compile(r"key(?![a-z])|(?<![a-z])(?:o?auth|api|access)(?![a-z])|auth(?![a-z])")

# A word in the name that makes of a key something else: a field of a table, a piece of a lock, a word, a place.
_NOT_BEFORE_WORDS = (
    "public pub primary foreign sort partition hash range cache index idx unique composite natural surrogate row "
    "column schema sequence bucket object s3 hot shortcut press keyboard sign lookup dict map sorted group grouping "
    "tag label metric translation i18n message locale intl route query param sha sha1 sha2 sha256 sha512 md5 "
    "checksum digest commit git revision integrity etag fingerprint thumbprint csrf xsrf nonce antiforgery cursor "
    "page continuation next pagination eos bos pad unk cls mask lexer parser syntax author authors issuer monkey "
    "turkey donkey hotkey idempotency dedup ref node dom css color colour event host known verification site recaptcha "
    "sitekey publishable anon rapid capital"
)
_NOT_BEFORE = frozenset(_NOT_BEFORE_WORDS.split())
# The last word of the name that makes it a name of something about the secret.
_NOT_LAST_WORDS = (
    "id ids name names alias type types kind length len size count limit max min num number index idx url urls uri "
    "endpoint host file files filename path dir directory folder location version expiry expires expire expiration "
    "expired ttl age timeout lifetime date time at created updated format header headers prefix suffix algorithm "
    "alg algo method mode scheme policy policies rule rules role roles scope scopes hash digest sha sha256 md5 "
    "checksum fingerprint thumbprint signature sig label title placeholder hint message error errors text help "
    "description desc field fields input form page link button icon image arn ref reference selector store storage "
    "vault ring board pair frame code press word words down up left right event bits usage status state enabled "
    "disabled required optional valid class model schema table column provider manager service factory handler "
    "helper client validator generator builder resolver strategy strength parser reader writer middleware guard "
    "interceptor"
)
_NOT_LAST = frozenset(_NOT_LAST_WORDS.split())


def words_of(name: str) -> list[str]:
    """The words of an identifier, in lower case: `myApiKey2` has my, api, key, 2."""
    return [one.lower() for one in _SEGMENT.findall(name)]


def is_about_something_else(name: str) -> bool:
    """True for `primary_key`, `token_type`, `secret_name`, `sha256`…: what stands there is no secret."""
    words = words_of(name)
    while words and (words[-1].isdigit() or words[-1] in _NOISE):
        words.pop()
    if not words or words[-1] in _NOT_LAST:
        return bool(words)
    if words[-1] in {"secret", "secrets"} and len(words) > 1:
        return not _NO_SECRET.isdisjoint(words)
    return not _NOT_BEFORE.isdisjoint(words) and not is_password(name)


_NO_SECRET = frozenset(("public", "csrf", "xsrf", "nonce", "hash", "digest", "known", "publishable", "anon"))


_NOISE_WORDS = "str string text const char var let final static value val default env dev prod test staging"
_NOISE = frozenset(_NOISE_WORDS.split())


def is_password(name: str) -> bool:
    """True if `name` announces a password, which may be a word."""
    return _PASSWORD.search(name.lower()) is not None


def is_some_key(name: str) -> bool:
    """True for `service_key`, `someKey`: a key, and somebody's."""
    return len(words := words_of(name)) > 1 and words[-1] == "key"


def strength(name: str) -> int:
    """2 if `name` announces a key or token for sure, 1 if it may, 0 if not."""
    low = name.lower()
    if _STRONG.search(low):
        return 2
    return 1 if _WEAK.search(low) else 0


_BY_WORD: dict[str, list[Keyed]] = {}
for _rule in KEYED:
    for _word in _rule.words.split():
        _BY_WORD.setdefault(_word, []).append(_rule)
_ISSUER = re.compile("(?=(" + "|".join(sorted(_BY_WORD, key=len, reverse=True)) + "))")


def keyed(name: str, value: str) -> bool:
    """True if `name` holds an issuer's name and `value` has the shape of its keys."""
    folded = _JOINT.sub("", name.lower())
    return any(
        rule.expression.match(value) is not None
        for match in _ISSUER.finditer(folded)
        for rule in _BY_WORD[match[1]]
        if _stands_apart(match[1], name)
    )


def _stands_apart(word: str, name: str) -> bool:
    """Short issuers' names are parts of other words (`box` in `checkbox`), so they must be a word of the name."""
    return len(word) > 5 or any(one.startswith(word) for one in words_of(name))  # noqa: PLR2004


_MOST_WORDS, _NAME_WORDS = 8, 4  # words of a name that are looked at, and that the name of a service has
_KEY_WORDS = frozenset(("private", "secret", "token", "key", "access", "api", "apikey", "auth"))


def holds_service(name: str) -> bool:
    """True if one to four words of `name`, joined, are the name of a service that gives out keys."""
    words = words_of(name.rsplit(maxsplit=1)[-1])[-_MOST_WORDS:]
    return any(_ends_service(words[:size]) for size in range(len(words), 0, -1))


def ends_in_service(name: str) -> bool:
    """True if `name` ends with the name of a service, or with it and words for a key."""
    words = words_of(name)[-_MOST_WORDS:]
    while words and words[-1] in _KEY_WORDS:
        words.pop()
    return _ends_service(words)


def _ends_service(words: list[str]) -> bool:
    joined = ""
    for word in words[: -_NAME_WORDS - 1 : -1]:
        joined = word + joined
        if joined in SERVICES:
            return True
    return False


_DATA_WORDS = (
    "id uid uuid guid hash sha checksum integrity digest etag data content contents body payload blob bytes "
    "encoded image img src icon version rev revision commit cursor nonce salt state name file path url href class msg "
    "signature sig cert certificate fingerprint request response trace span build cache tree ref"
)
_DATA = frozenset(_DATA_WORDS.split())
_CHECKSUM = re.compile(r"(?:^|[^0-9A-Za-z])(?:h1|b64|base64)\Z")


def is_of_data(name: str) -> bool:
    """True if `name` says that its value is a number of something, a checksum or data, whatever it looks like."""
    words = words_of(name)
    return (
        not words or not _DATA.isdisjoint(words) or _CHECKSUM.search(name) is not None or is_about_something_else(name)
    )
