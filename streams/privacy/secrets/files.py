"""Secrets in the files where tools keep them, and hashes of passwords. Pure.

Sources are said row by row: the tool's own manual. What stands in such a file under a name is found by `assignments`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from streams.privacy.secrets.rules import Structure, ascii_pattern
from streams.privacy.secrets.values import is_stand_in, is_token
from streams.surrogates import SECRET, Found

if TYPE_CHECKING:
    from collections.abc import Iterator


def _is_written_out(value: str) -> bool:
    """A password that stands as it is: no template, no stand-in."""
    return not is_stand_in(value) and len(set(value)) > 2  # noqa: PLR2004 - "aaaa"


FILES: tuple[Structure, ...] = (
    Structure(
        "pgpass",
        ":5432: :*:",
        ascii_pattern(r"(?m)^[\w.*\-]{1,100}:(?:5432|\*):[\w*\-]{1,64}:[\w*.@\-]{1,64}:(?P<v>(?:[^\s\\]|\\.){4,128})$"),
        "libpq: the password file",
        back=101,
        check=_is_written_out,
    ),
    Structure(
        "maven_master",
        "<master>{ <password>{ <passphrase>{",
        ascii_pattern(r"<(?:master|password|passphrase)>\{(?P<v>[0-9A-Za-z+/=]{16,400})\\?\}<"),
        "Maven: password encryption",
        gate=">{",
    ),
    Structure(
        "secure_string",
        "ConvertTo-SecureString",
        re.compile(r"ConvertTo-SecureString[ \t]{1,3}(?:-String[ \t]{1,3})?[\"'](?P<v>[^\"'\n]{4,400})[\"']"),
        "PowerShell: ConvertTo-SecureString",
        check=_is_written_out,
    ),
    Structure(
        "pwdump",
        ":::",
        ascii_pattern(r"(?<![\w\-])\d{3,7}:(?P<v>[0-9a-fA-F]{32}:[0-9a-fA-F]{32}):::"),
        "pwdump: LM and NT hashes",
        back=80,
    ),
    Structure(
        "htpasswd",
        "SHA}",
        ascii_pattern(r"\{S?SHA\}[0-9A-Za-z+/]{26,60}={0,2}"),
        "htpasswd(1), RFC 2307",
        back=3,
    ),
)

# crypt(5), the PHC string format, Django (password storage), phpass, Drupal, Cisco IOS, Kerberos as hashcat writes it:
# hashes of passwords, which can be guessed
_CRYPT_BEGINS = re.compile(rb"\$(?:2[aby]|[1-9y]|apr1|argon2|scrypt|pbkdf2|[PHS]\$|krb5|\d{3,9}\$)")
_CRYPT = ascii_pattern(
    r"\$(?:2[aby]\$\d\d\$[./0-9A-Za-z]{53}|(?:1|apr1)\$[./0-9A-Za-z]{1,8}\$[./0-9A-Za-z]{22}"
    r"|[56]\$(?:rounds=\d{1,9}\$)?[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{43,86}|y\$[./0-9A-Za-z$]{40,120}"
    r"|[PH]\$[./0-9A-Za-z]{31}|S\$[./0-9A-Za-z]{52}|8\$[./0-9A-Za-z]{14}\$[./0-9A-Za-z]{43}|9\$[./0-9A-Za-z]{14}\$[./0-9A-Za-z]{43}"
    r"|krb5(?:tgs|asrep|pa)\$(?:\d\d\$)?[^\s$]{0,120}(?:\$[^\s$]{1,80}){0,3}[$:][0-9a-fA-F]{32}[$][0-9a-fA-F]{40,20000}"
    r"|argon2(?:id?|d)\$(?:v=\d+\$)?m=\d+,t=\d+,p=\d+\$[0-9A-Za-z+/=]{8,90}\$[0-9A-Za-z+/=]{16,172}"
    r"|(?:scrypt|pbkdf2[\w\-]{0,12})\$[\w=,$+/.\-]{30,300}"
    r"|(?<=sha(?:256|512)\$)\d{3,9}\$[0-9A-Za-z]{6,40}\$[0-9A-Za-z+/]{27,90}={0,2}"
    r"|(?<=sha1\$)\d{3,9}\$[0-9A-Za-z]{6,40}\$[0-9A-Za-z+/]{27,60}={0,2})"
)


def hashes(text: str, data: bytes) -> Iterator[Found]:
    """Hashes of passwords as crypt(5) and its followers write them. `data` is the text in ASCII."""
    for begin in _CRYPT_BEGINS.finditer(data):
        match = _CRYPT.match(text, begin.start())
        if match is not None and is_token(match[0]):
            yield Found(match.start(), match.end(), SECRET, 0.9)
