"""Tokens whose beginning is not followed by letters at once, but by a dot or a slash; and web tokens. Pure.

Sources are as in `tokens`.
"""

from __future__ import annotations

from streams.privacy.secrets.rules import ALNUM, HEX, UUID, Token

TOKENS: tuple[Token, ...] = (
    Token("jwt", "eyJ eyA ewo", r"[\w\-]{8,}\.[\w\-/\\]{8,}(?:\.[\w\-/\\]*)*=*", "RFC 7519"),
    Token("sendgrid", "SG.", r"(?:[\w\-]{16,}\.[\w\-=.]{16,}|[\w\-=.]{66})", "SendGrid: API keys"),
    Token("vault", "hvs. hvb. hvr.", r"[\w\-]{20,300}", "HashiCorp Vault: tokens"),
    Token(
        "vault_old",
        "s.",
        r"(?=[A-Za-z]*\d)(?=[^a-z]*[a-z])[0-9A-Za-z]{24}(?![\w.\-(\[])",
        "HashiCorp Vault: tokens",
    ),
    Token("google_oauth", "ya29.", r"[\w\-]{20,}", "Google: OAuth access tokens"),
    Token("google_refresh", "1//0", r"[\w\-]{30,}", "Google: refresh tokens"),
    Token(
        "doppler",
        "dp.",
        r"(?:pt|st|ct|scim|audit|sa|said)\.(?:[\w\-]{2,35}\.)?" + ALNUM + "{40,44}",
        "Doppler: token formats",
    ),
    Token("dynatrace", "dt0", r"[a-z]\d\d\." + ALNUM + r"{24}\." + ALNUM + "{64}", "Dynatrace: token format"),
    Token("harness", "pat. sat.", r"[\w\-]{22}\." + ALNUM + r"{24}\." + ALNUM + "{20}", "Harness: API keys"),
    Token("dropbox_short", "sl.", r"(?:u\.)?[\w\-=]{120,}", "Dropbox: OAuth"),
    Token("yandex_iam", "t1.", r"[\w\-]{6,}={0,2}\.[\w\-]{86}={0,2}", "Yandex Cloud: IAM tokens"),
    Token("mapbox", "pk. sk. tk.", ALNUM + r"{60,}\.[\w\-]{22}", "Mapbox: tokens"),
    Token("mailersend", "mlsn.", HEX + "{64}", "MailerSend: tokens"),
    Token("amazon_mws", "amzn.mws.", UUID, "Amazon MWS: auth tokens"),
    Token("cloudflare_origin", "v1.0-", HEX + "{24}-" + HEX + "{146}", "Cloudflare: origin CA keys"),
    Token("slack_config", "xoxe.xoxb- xoxe.xoxp-", r"\d-[0-9A-Za-z]{60,}", "Slack: token types"),
    Token(
        "authress",
        "sc_ ext_ scauth_ authress_",
        ALNUM + r"{5,30}\." + ALNUM + r"{4,6}\.acc[_\-][0-9A-Za-z\-]{10,32}\.[\w+/=\-]{30,120}",
        "Authress: service clients",
    ),
)
