"""Secrets with a structure: web tokens, addresses with a password, headers, webhooks, cookies. Pure.

Each has a mark that is looked for first; the expression then runs around the mark only, over a bounded length.
"""

from __future__ import annotations

import re

from streams.privacy.secrets.commands import COMMANDS
from streams.privacy.secrets.files import FILES
from streams.privacy.secrets.marked import MARKED
from streams.privacy.secrets.rules import Structure, always, ascii_pattern
from streams.privacy.secrets.values import entropy, is_code, is_pair, is_stand_in, is_token, word_share

_GITLEAKS, _SEEN = "gitleaks' rules", "format as seen in the wild"
_SHORT = 16  # letters only, and fewer than that: more likely a word


def _is_password(value: str) -> bool:
    """A password in an address: no template, and no word that says password."""
    return not is_stand_in(value) and len(set(value)) > 1


def _is_token_if_any(value: str) -> bool:
    return not value or is_token(value)


def _is_credential(value: str) -> bool:
    """What follows `Bearer`, `Basic` or a header's name: random, or a pair in base64, but no code and no words."""
    if is_stand_in(value) or is_code(value) or entropy(value) < 2.75:  # noqa: PLR2004 - bits per character
        return False
    if len(value) < _SHORT and value.replace("/", "").isalpha():
        return is_pair(value)
    return any(c.isdigit() for c in value) or value.endswith("=") or word_share(value) < 0.4 or is_pair(value)  # noqa: PLR2004


def _is_pair_password(value: str) -> bool:
    """The second of two strings in a call: a word alone may be anything."""
    return not is_stand_in(value) and not is_code(value) and any(c.isdigit() for c in value)


def _is_sql_password(value: str) -> bool:
    return _is_password(value) and len(value) > 2 and not is_code(value)  # noqa: PLR2004


def _is_user(value: str) -> bool:
    """`user:password` of curl and others, both of them written out."""
    user, _, password = value.strip("\"'").partition(":")
    if is_stand_in(password) or (is_stand_in(user) and not password) or user.startswith(("$", "<", "{", "[", "%")):
        return False
    return len(password) > 2 or len(user) > 2  # noqa: PLR2004 - `u:p`


def _is_aws_secret(value: str) -> bool:
    return entropy(value) >= 3.5  # noqa: PLR2004 - bits per character; the name and the length speak for it


STRUCTURES: tuple[Structure, ...] = (
    *MARKED,
    *FILES,
    *COMMANDS,
    Structure(
        "aws_secret_key",
        "secret_access_key secretaccesskey aws_secret awssecret",
        ascii_pattern(
            r"(?:secret_?access_?key|aws_?secret)[\w\-]{0,20}[\"'\]]{0,2}\s{0,3}(?:=>|[:=,])\s{0,3}[\"']?(?P<v>[0-9A-Za-z/+]{40})(?![0-9A-Za-z/+=])",
            re.IGNORECASE,
        ),
        _SEEN,
        folded=True,
        check=_is_aws_secret,
        near=True,
    ),
    Structure(
        "url_password",
        "://",
        re.compile(
            r"(?<![0-9A-Za-z])[A-Za-z][0-9A-Za-z+.\-]{1,20}://[^\s:@/'\"<>`\\]{0,128}:(?P<c>[^\s@'\"<>`/?#\\][^\s@'\"<>`]{0,255})@[^\s'\"<>`)\]\\,;]*"
        ),
        "RFC 3986: userinfo",
        back=22,
        check=_is_password,
    ),
    Structure(
        "url_token",
        "://",
        re.compile(r"(?<![0-9A-Za-z])https?://(?P<c>[0-9A-Za-z_\-]{20,255})@[^\s'\"<>`)\]\\,;]*"),
        "RFC 3986: userinfo",
        back=6,
        near=True,
    ),
    Structure(
        "authorization",
        "bearer basic authorization token",
        ascii_pattern(
            r"(?<![0-9A-Za-z])(?:(?:proxy-)?authorization\\?[\"']?\]?\s{0,3}(?:[:=,]|=>)\s{0,3}[fb]?\\?[\"'`]?"
            r"(?:bearer|basic|token|apikey|api-key|key|digest|(?!aws4)[a-z][\w\-]{1,19}(?= \S{16}))?"
            r"|bearer|basic|(?<=[:\s]['\"\s])token)[ :]\s{0,3}"
            r"(?:token=)?\\?[\"']?(?P<v>[0-9A-Za-z._~+/\-]{8,2048}={0,3})",
            re.IGNORECASE,
        ),
        "RFC 6750, RFC 7617",
        folded=True,
        check=_is_credential,
        score=0.85,
    ),
    Structure(
        "curl_user",
        "curl wget http",
        re.compile(
            r"(?:curl|wget|https?)\b(?:[^\n]|\\\r?\n){0,400}?\s(?:-u|--user|-a|--auth|--proxy-user|-U)(?:=|[ \t]{0,5})"
            r"(?P<v>\"[^\"\n:]{0,80}:[^\"\n]{0,120}\"|'[^'\n:]{0,80}:[^'\n]{0,120}'"
            r"|[\w$@.\-]{1,80}:(?:\"[^\"\n]{3,120}\"|'[^'\n]{3,120}'|[^\s\"'<>]{1,120}))"
        ),
        "curl(1)",
        gate=" -",
        check=_is_user,
        score=0.85,
    ),
    Structure(
        "client_password",
        "docker mysql redis-cli sshpass mongo sqlcmd ldap",
        re.compile(
            r"(?:docker login\b[^\n]{0,200}?\s(?:-p|--password)[ =]|mysql[a-z]{0,8}[ \t][^\n]{0,200}?\s-p|sshpass -p ?"
            r"|redis-cli\b[^\n]{0,200}?\s-a |mongo[a-z]{0,8}[ \t][^\n]{0,200}?\s-p[ \t]|sqlcmd\b[^\n]{0,200}?\s-P[ \t]?"
            r"|ldap(?:search|add|modify|passwd|whoami)\b[^\n]{0,200}?\s-w[ \t])"
            r"[\"']?(?P<v>[^\s\"'\-$<`][^\s\"'`]{3,127})"
        ),
        "docker(1), mysql(1), redis-cli(1), sshpass(1), mongo(1), sqlcmd, ldapsearch(1)",
        gate=" -",
        check=_is_password,
        score=0.85,
    ),
    Structure(
        "sql_user",
        "identified",
        ascii_pattern(
            r"identified\s{1,9}(?:with\s{1,9}[\w\"'`]{1,60}\s{1,9})?by\s{1,9}(?:password\s{1,9})?"
            r"\\?[\"']?(?P<v>(?<=[\"'])[^\"'\n\\]{3,128}(?=\\?[\"'])|(?<=\s)(?=[^\s\"']{0,99}\d)[^\s\"';,)(<>]{3,128})",
            re.IGNORECASE,
        ),
        "SQL: CREATE USER of MySQL, MariaDB, Oracle",
        folded=True,
        check=_is_sql_password,
        score=0.85,
    ),
    Structure(
        "auth_pair",
        "auth=( auth(",
        re.compile(
            r"auth=?\(\s{0,9}[\"'](?P<u>[^\"'\n]{1,80})[\"'],\s{0,9}[\"'](?P<v>[^\s\"']{3,128})[\"']\s{0,9}\)",
            re.IGNORECASE,
        ),
        "pairs of name and password in calls",
        folded=True,
        check=_is_pair_password,
        score=0.85,
    ),
    # Webhooks: who has the address may post
    Structure(
        "slack_webhook",
        "hooks.",
        ascii_pattern(
            r"(?:https?://)?hooks\.(?:slack\.com/(?:services|workflows|triggers)|zapier\.com/hooks/catch)"
            r"/(?:[TB]\w{4,14}/){0,2}(?P<c>[\w/+]{10,400})"
        ),
        _GITLEAKS,
        back=8,
    ),
    Structure(
        "discord_webhook",
        "/api/webhooks/",
        ascii_pattern(r"https?://[\w.]{0,20}discord(?:app)?\.com/api/webhooks/\d{10,}/(?P<c>[\w\-]{30,})"),
        _SEEN,
        back=50,
        near=True,
    ),
    Structure(
        "teams_webhook",
        "/webhook .logic.azure.com",
        ascii_pattern(
            r"https://[\w\-]{1,63}\.(?:(?:webhook\.)?office\.com/webhook(?:b2)?/[\w\-@]+/IncomingWebhook/(?P<c>[0-9A-Za-z]{32})/[\w\-/]+|[\w.\-]{0,60}\.logic\.azure\.com[^\s\"'<>]{20,400})"
        ),
        _GITLEAKS,
        back=80,
        check=_is_token_if_any,
        near=True,
    ),
    Structure(
        "session_cookie",
        "session= sessionid= phpsessid= jsessionid= connect.sid=",
        ascii_pattern(
            r"(?:session|sessionid|phpsessid|jsessionid|connect\.sid)=(?P<v>(?:s%3A)?[0-9A-Za-z_\-]{16,512}[0-9A-Za-z%._~\-]{0,512})",
            re.IGNORECASE,
        ),
        "RFC 6265",
        folded=True,
        check=_is_credential,
        near=True,
    ),
    Structure(
        "netrc",
        "password",
        ascii_pattern(r"(?:login|account)\s+\S{2,100}\s+password[ \t]+(?P<v>[^\s\"'<>]{4,256})"),
        "netrc(5)",
        folded=True,
        back=120,
        check=_is_password,
    ),
    Structure(
        "jwk",
        '"d"',
        ascii_pattern(r'"d"\s{0,4}:\s{0,4}"(?P<v>[\w\-]{40,1024})"'),
        "RFC 7517: private parameters",
        near=True,
    ),
    Structure(
        "putty",
        "PuTTY-User-Key-File",
        re.compile(r"PuTTY-User-Key-File-\d: (?:.|\n)*?(?:Private-MAC: *[0-9a-f]+|\Z)"),
        "PuTTY: key file format",
        check=always,
    ),
)
