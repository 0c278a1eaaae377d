"""Secrets: a table of rules, each with the words that gate it and where its shape is documented. Pure.

A rule is tried only where one of its words is in the text; group `v`, or the whole match, is the secret. Rules without
a fixed shape (`assignment`, `bearer`…) ask for entropy as well, and skip values that are code or stand-ins.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.surrogates import SECRET, Found

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of secret. `words` are searched in the text, in lower case where `folded`."""

    name: str
    words: tuple[str, ...]
    expression: re.Pattern[str]
    entropy: float = 0.0
    folded: bool = False
    score: float = 0.95


_KEYISH = (
    r"(?:api[_\-.]?key|secret|token|passw(?:or)?d|passwd|pwd|passphrase|credentials?|private[_\-]?key|access[_\-]?key"
    r"|auth[_\-]?key|account[_\-]?key|signing[_\-]?key|encryption[_\-]?key|client[_\-]?secret)"
)
_PASSISH = re.compile(r"passw|passphrase|pwd", re.IGNORECASE)
KEY_NAME = re.compile(rf"(?:^|[^a-z]){_KEYISH}s?\Z|(?:Key|Secret|Token|Password)\Z", re.IGNORECASE)
_END = r"(?![A-Za-z0-9_\-])"


def _plain(name: str, words: str, expression: str) -> Rule:
    return Rule(name, tuple(words.split()), re.compile(expression))


# Sources are the issuers' own documentation of their formats, where they publish one; else the secret-scanning pattern
# lists of GitHub and GitLab. Facts only: every expression is written here.
RULES: tuple[Rule, ...] = (
    # AWS IAM reference, "unique identifiers": four-letter prefix and 16 characters
    _plain("aws_access_key", "AKIA ASIA ABIA ACCA", r"(?<![A-Z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Z0-9])"),
    Rule(
        "aws_secret_key",
        ("aws", "secretaccesskey"),
        re.compile(
            r"(?:aws.{0,20}|secret.?access.?key).{0,20}?[=:]\s*[\"']?(?P<v>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
            re.IGNORECASE,
        ),
        entropy=3.5,
        folded=True,
    ),
    # GitHub, "Behind GitHub's new authentication token formats"
    _plain("github", "ghp_ gho_ ghu_ ghs_ ghr_", r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{30,255}"),
    _plain("github_fine", "github_pat_", r"(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{22,255}"),
    # GitLab, "Token overview", section on token prefixes
    _plain(
        "gitlab",
        "glpat- glptt- gldt- glrt- glcbt- glft- glsoat- glagent- gloas- glimt- GR1348941",
        r"(?<![A-Za-z0-9])(?:gl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|oas|imt)-|GR1348941)[A-Za-z0-9_.\-]{16,}",
    ),
    # Slack, "Token types"; incoming webhooks
    _plain(
        "slack", "xox xapp- xwfp-", r"(?<![A-Za-z0-9])(?:xox[abdeoprs](?:\.xox[a-z])?|xapp|xwfp)-[A-Za-z0-9\-]{10,}"
    ),
    _plain(
        "slack_webhook",
        "hooks.slack.com",
        r"https?://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/+]{8,}",
    ),
    # Stripe, "API keys", "Webhooks"
    _plain("stripe", "k_live_ k_test_ whsec_", r"(?<![A-Za-z0-9])(?:[psr]k_(?:live|test)_|whsec_)[A-Za-z0-9]{10,}"),
    # Google Cloud: API keys, OAuth client secrets and access tokens
    _plain("google", "AIza", r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_\-]{35}" + _END),
    _plain(
        "google_oauth", "GOCSPX- ya29.", r"(?<![A-Za-z0-9])(?:GOCSPX-[A-Za-z0-9_\-]{20,}|ya29\.[A-Za-z0-9_\-]{20,})"
    ),
    # OpenAI, Anthropic, OpenRouter and those who copied them
    _plain("llm", "sk-", r"(?<![A-Za-z0-9_\-])sk-(?=[A-Za-z0-9_\-]*\d)(?:[a-z]{2,8}\d{0,2}-)*[A-Za-z0-9_\-]{20,}"),
    _plain("hugging_face", "hf_", r"(?<![A-Za-z0-9_])hf_[A-Za-z0-9]{30,}"),
    # RFC 7519: base64url of a JSON header, so it starts with eyJ; the signature may be empty
    _plain("jwt", "eyJ", r"(?<![A-Za-z0-9_\-])eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}(?:\.[A-Za-z0-9_\-]*)*=*"),
    # RFC 7468 and OpenPGP: to the end line, or to the end of the text where it was cut
    _plain(
        "private_key",
        "-----BEGIN",
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:.|\n)*?(?:-----END [A-Z0-9 ]*-----|\Z)",
    ),
    _plain("putty_key", "PuTTY-User-Key-File", r"PuTTY-User-Key-File(?:.|\n)*?(?:Private-MAC: *[0-9a-f]+|\Z)"),
    _plain("age_key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[A-Z0-9]{50,}"),
    # RFC 3986 userinfo with a password
    _plain(
        "url_password",
        "://",
        r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9+.\-]{1,20}://[^\s:@/'\"<>`]{0,128}:[^\s@'\"<>`]{1,256}@[^\s'\"<>`)\]]*",
    ),
    # Single prefixes, each from the issuer's documentation
    _plain("npm", "npm_", r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{30,}"),
    _plain("pypi", "pypi-A", r"(?<![A-Za-z0-9])pypi-A[A-Za-z0-9_\-]{30,}"),
    _plain("sendgrid", "SG.", r"(?<![A-Za-z0-9])SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}"),
    _plain("twilio", "SK AC", r"(?<![A-Za-z0-9])(?:SK|AC)[0-9a-f]{32}(?![A-Za-z0-9])"),
    _plain("telegram", ":AA", r"(?<![A-Za-z0-9])\d{8,10}:AA[A-Za-z0-9_\-]{32,35}"),
    _plain("digitalocean", "_v1_", r"(?<![A-Za-z0-9])do[opr]_v1_[0-9a-f]{40,}"),
    _plain("databricks", "dapi", r"(?<![A-Za-z0-9])dapi[0-9a-f]{32}"),
    _plain("shopify", "shp", r"(?<![A-Za-z0-9])shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}"),
    _plain("vault", "hvs. hvb. hvr.", r"(?<![A-Za-z0-9])hv[sbr]\.[A-Za-z0-9_\-]{20,}"),
    _plain(
        "others",
        "lin_api_ PMAK- glsa_ dp.pt. key- sntrys_ nfp_",
        r"(?<![A-Za-z0-9])(?:lin_api_[A-Za-z0-9]{30,}|PMAK-[0-9a-f\-]{40,}|glsa_[A-Za-z0-9_]{30,}|dp\.pt\.[A-Za-z0-9]{30,}|key-[0-9a-f]{32}|sntrys_[A-Za-z0-9+/=_]{30,}|nfp_[A-Za-z0-9]{30,})",
    ),
    # Microsoft, "Configure Azure Storage connection strings"
    _plain(
        "azure_storage", "AccountKey= SharedAccessKey=", r"(?:AccountKey|SharedAccessKey)=(?P<v>[A-Za-z0-9+/]{30,}=*)"
    ),
    _plain("sas", "sig=", r"[?&]sig=(?P<v>[A-Za-z0-9%+/]{20,}(?:%3D|=)*)"),
    # RFC 6750 and RFC 7617
    Rule(
        "authorization",
        ("bearer", "basic", "authorization"),
        re.compile(
            r"\b(?:bearer|basic|authorization[\"']?\s*[:=]\s*[\"']?(?:token|bearer|basic)?)\s+(?P<v>[A-Za-z0-9._~+/\-]{16,}=*)",
            re.IGNORECASE,
        ),
        entropy=3.2,
        folded=True,
        score=0.8,
    ),
    # A quoted value under such a name in any language, JSON and YAML included, the quotes escaped or not
    Rule(
        "assignment",
        ("key", "secret", "token", "pass", "pwd", "credential"),
        re.compile(
            rf"(?P<k>(?<![A-Za-z])[A-Za-z0-9_\-.]{{0,30}}?{_KEYISH}[A-Za-z0-9_\-]{{0,20}})\\?[\"'`]?\]?\s*(?:=>|:=|=|:)\s*"
            r"(?P<q>\\?[\"'`])(?P<v>[^\"'`\n\\]{4,300})(?P=q)",
            re.IGNORECASE,
        ),
        entropy=3.0,
        folded=True,
        score=0.8,
    ),
    # The same without quotes: shells, .env and ini files, prose (the password is ...), options (--password ...)
    Rule(
        "bare_assignment",
        ("key", "secret", "token", "pass", "pwd", "credential"),
        re.compile(
            rf"(?P<k>(?<![A-Za-z])[A-Za-z0-9_\-.]{{0,30}}?{_KEYISH}[A-Za-z0-9_\-]{{0,20}})"
            r"(?:[ \t]*[=:][ \t]*|[ \t]+(?:is|was)[ \t]*:?[ \t]+|(?<=-password)[ \t]+)"
            r"(?P<v>[^\s\"'`,;<>(){}\[\]]{6,300})",
            re.IGNORECASE,
        ),
        entropy=3.0,
        folded=True,
        score=0.7,
    ),
)
_STAND_IN = re.compile(
    r"(?:\$\{?\w|\{\{|%\(|%[sd]|<|\*{3}|x{4}|\.{3}|your|change|example|placeholder|redacted|dummy|sample|insert|todo|none\b|null\b"
    r"|password|string\b|text\b|true\b|false\b|undefined|process\.|os\.|env\.|config|settings|self\.|this\.)",
    re.IGNORECASE,
)
_CODE = re.compile(r"[A-Za-z_]+(?:[._\-/ ][A-Za-z_]+)*\Z")  # words, a dotted name, a path of words


def find(text: str) -> list[Found]:
    """Every secret of the table in `text`; overlapping ones are all given."""
    folded = text.lower()
    found: list[Found] = []
    for rule in RULES:
        where = folded if rule.folded else text
        for word in rule.words:
            if word in where:
                break
        else:
            continue
        for match in rule.expression.finditer(text):
            group = "v" if "v" in rule.expression.groupindex else 0
            start, end = match.span(group)
            value = text[start:end].rstrip(".,;:!?") if group else text[start:end]
            if rule.entropy and not _secretive(value, match.groupdict(), rule.entropy):
                continue
            found.append(Found(start, start + len(value), SECRET, rule.score))
    return found


def _secretive(value: str, groups: Mapping[str, str | None], least: float) -> bool:
    """True if a value that stands where a secret could is one: no stand-in, no code, not too regular."""
    if _STAND_IN.match(value) or len(set(value)) < 4 or " " in value:  # noqa: PLR2004 - "aaaa", "123123": nothing to keep
        return False
    if _PASSISH.search(groups.get("k") or ""):
        # People choose words as passwords, so entropy says nothing; a bare word may be a variable, a quoted one is not.
        return not (_CODE.match(value) and (groups.get("q") is None or not value.isalpha()))
    if _CODE.match(value) or not any(c.isdigit() for c in value):
        return False
    return len(value) >= 8 and entropy(value) >= least  # noqa: PLR2004 - shorter ones are settings


def entropy(value: str) -> float:
    """Shannon entropy of the characters of `value`, in bits per character."""
    total = len(value)
    return -sum(n / total * math.log2(n / total) for n in Counter(value).values()) if total else 0.0
