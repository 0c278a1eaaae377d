"""Tokens whose beginning is not followed by letters at once, but by a dot or a slash; and web tokens. Pure.

Sources are as in `tokens`.
"""

from __future__ import annotations

from streams.privacy.secrets.rules import ALNUM, HEX, UUID, Token

_GITLEAKS, _SEEN = "gitleaks' rules", "format as seen in the wild"

TOKENS: tuple[Token, ...] = (
    Token("jwt", "eyJ eyA ewo", r"[\w\-]{8,}\.[\w\-/\\]{8,}(?:\.[\w\-/\\]*)*=*", "RFC 7519"),
    Token("sendgrid", "SG.", r"(?:[\w\-]{16,}\.[\w\-=.]{16,}|[\w\-=.]{66})", _GITLEAKS),
    Token("vault", "hvs. hvb. hvr.", r"[\w\-]{20,300}", _GITLEAKS),
    Token(
        "vault_old",
        "s.",
        r"(?=[A-Za-z]*\d)(?=[^a-z]*[a-z])[0-9A-Za-z]{24}(?![\w.\-(\[])",
        _GITLEAKS,
    ),
    Token("google_oauth", "ya29.", r"[\w\-]{20,}", _SEEN),
    Token("google_refresh", "1//0", r"[\w\-]{30,}", _SEEN),
    Token(
        "doppler",
        "dp.",
        r"(?:pt|st|ct|scim|audit|sa|said)\.(?:[\w\-]{2,35}\.)?" + ALNUM + "{40,44}",
        _GITLEAKS,
    ),
    Token("stackhawk", "hawk.", r"[\w\-]{20}\.[\w\-]{20}", _SEEN),
    Token("dynatrace", "dt0", r"[a-z]\d\d\." + ALNUM + r"{24}\." + ALNUM + "{64}", _GITLEAKS),
    Token("harness", "pat. sat.", r"[\w\-]{22}\." + ALNUM + r"{24}\." + ALNUM + "{20}", _GITLEAKS),
    Token("dropbox_short", "sl.", r"(?:u\.)?[\w\-=]{120,}", _GITLEAKS),
    Token("yandex_iam", "t1.", r"[\w\-]{6,}={0,2}\.[\w\-]{86}={0,2}", _GITLEAKS),
    Token("mapbox", "pk. sk. tk.", ALNUM + r"{60,}\.[\w\-]{22}", _GITLEAKS),
    Token("mailersend", "mlsn.", HEX + "{64}", _SEEN),
    Token("amazon_mws", "amzn.mws.", UUID, _SEEN),
    Token("cloudflare_origin", "v1.0-", HEX + "{24}-" + HEX + "{146}", _GITLEAKS),
    Token("slack_config", "xoxe.xoxb- xoxe.xoxp-", r"\d-[0-9A-Za-z]{60,}", _SEEN),
    Token(
        "authress",
        "sc_ ext_ scauth_ authress_",
        ALNUM + r"{5,30}\." + ALNUM + r"{4,6}\.acc[_\-][0-9A-Za-z\-]{10,32}\.[\w+/=\-]{30,120}",
        _SEEN,
    ),
)
