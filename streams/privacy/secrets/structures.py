"""Secrets with a structure: web tokens, addresses with a password, headers, connection strings, dotted tokens. Pure.

Each has a mark that is looked for first; the expression then runs around the mark only, over a bounded length.
"""

from __future__ import annotations

import base64
import binascii
import re

from streams.privacy.secrets.rules import UUID, Structure
from streams.privacy.secrets.values import entropy, is_code, is_stand_in, word_share

_DOC, _GITLEAKS = "issuer's documentation", "gitleaks' rules"
_A = r"(?<![0-9A-Za-z_\-])"  # a token begins here


def _always(_: str) -> bool:
    return True


def _is_password(value: str) -> bool:
    """A password in an address: no template, and no word that says password."""
    return not is_stand_in(value) and len(set(value)) > 1


def _is_credential(value: str) -> bool:
    """What follows `Bearer`, `Basic` or a header's name: random, or a pair in base64, but no code and no words."""
    if is_stand_in(value) or is_code(value) or entropy(value) < 2.75:  # noqa: PLR2004 - bits per character
        return False
    return any(c.isdigit() for c in value) or value.endswith("=") or word_share(value) < 0.4 or _is_pair(value)  # noqa: PLR2004


def _is_pair(value: str) -> bool:
    try:
        return ":" in base64.b64decode(value + "=" * (-len(value) % 4), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return False


def _is_user(value: str) -> bool:
    """`user:password` of curl and others, both of them written out."""
    user, _, password = value.strip("\"'").partition(":")
    if is_stand_in(password) or (is_stand_in(user) and not password) or user.startswith(("$", "<", "{", "[", "%")):
        return False
    return len(password) > 2 or len(user) > 2  # noqa: PLR2004 - `u:p`


def _is_aws_secret(value: str) -> bool:
    return entropy(value) >= 3.5  # noqa: PLR2004 - bits per character; the name and the length speak for it


def _is_jwt(value: str) -> bool:
    parts = value.split(".")
    return len(parts) > 1 and entropy(value) >= 3.0 and "..." not in value  # noqa: PLR2004 - bits per character


def _re(expression: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile(expression, re.ASCII | flags)


STRUCTURES: tuple[Structure, ...] = (
    Structure(
        "aws_secret_key",
        "secret_access_key secretaccesskey aws_secret awssecret",
        _re(
            r"(?:secret_?access_?key|aws_?secret)[\w\-]{0,20}[\"'\]]{0,2}\s{0,3}(?:=>|[:=,])\s{0,3}[\"']?(?P<v>[0-9A-Za-z/+]{40})(?![0-9A-Za-z/+=])",
            re.IGNORECASE,
        ),
        "AWS IAM: access keys",
        folded=True,
        check=_is_aws_secret,
    ),
    Structure(
        "jwt",
        "eyJ ewo ewog",
        _re(_A + r"(?:eyJ|ewo)[\w\-]{8,}\.[\w\-/\\]{8,}(?:\.[\w\-/\\]*)*=*"),
        "RFC 7519",
        check=_is_jwt,
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
    ),
    Structure(
        "authorization",
        "bearer basic authorization token",
        _re(
            r"(?<![0-9A-Za-z])(?:(?:proxy-)?authorization\\?[\"']?\]?\s{0,3}(?:[:=,]|=>)\s{0,3}[fb]?\\?[\"'`]?(?:bearer|basic|token|apikey|api-key|key|digest)?|bearer|basic|(?<=[:\s]['\"\s])token)[ :]\s{0,3}(?:token=)?\\?[\"']?(?P<v>[0-9A-Za-z._~+/\-]{8,2048}={0,3})",
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
            r"(?:curl|wget|https?)\b(?:[^\n]|\\\r?\n){0,400}?\s(?:-u|--user|-a|--auth|--proxy-user|-U)(?:=|[ \t]{0,5})(?P<v>\"[^\"\n:]{0,80}:[^\"\n]{0,120}\"|'[^'\n:]{0,80}:[^'\n]{0,120}'|[\w$@.\-]{1,80}:(?:\"[^\"\n]{3,120}\"|'[^'\n]{3,120}'|[^\s\"'<>]{1,120}))"
        ),
        "curl(1)",
        check=_is_user,
        score=0.85,
    ),
    # Webhooks: who has the address may post
    Structure(
        "slack_webhook",
        "hooks.slack.com",
        _re(r"(?:https?://)?hooks\.slack\.com/(?:services|workflows|triggers)/(?P<c>[0-9A-Za-z/+]{20,})"),
        "Slack: incoming webhooks",
        back=8,
    ),
    Structure(
        "discord_webhook",
        "/api/webhooks/",
        _re(r"https?://[\w.]{0,20}discord(?:app)?\.com/api/webhooks/\d{10,}/(?P<c>[\w\-]{30,})"),
        "Discord: webhooks",
        back=50,
    ),
    Structure(
        "teams_webhook",
        "webhookb2/ .logic.azure.com",
        _re(
            r"https://[\w\-]+\.(?:webhook\.office\.com/webhookb2/[\w\-@]+/IncomingWebhook/(?P<c>[0-9a-f]{32})/[\w\-/]+|[\w.\-]*logic\.azure\.com[^\s\"'<>]{20,400})"
        ),
        "Microsoft Teams: webhooks",
        back=80,
        check=_always,
    ),
    # Dotted tokens: their beginning is no word of its own
    Structure("sendgrid", "SG.", _re(_A + r"SG\.[\w\-]{16,}\.[\w\-=.]{16,}"), "SendGrid: API keys"),
    Structure("sendgrid_old", "SG.", _re(_A + r"SG\.[\w\-=.]{66}(?![\w\-])"), "SendGrid: API keys"),
    Structure("vault", "hvs. hvb. hvr.", _re(_A + r"hv[sbr]\.[\w\-]{20,300}"), "HashiCorp Vault: tokens"),
    Structure(
        "vault_old",
        "s.",
        _re(_A + r"s\.(?=[A-Za-z]*\d)(?=[^a-z]*[a-z])[0-9A-Za-z]{24}(?![\w.\-(\[])"),
        "HashiCorp Vault: tokens",
    ),
    Structure("google_oauth", "ya29.", _re(_A + r"ya29\.[\w\-]{20,}"), "Google: OAuth access tokens"),
    Structure("google_refresh", "1//0", _re(r"(?<![\w/])1//0[\w\-]{30,}"), "Google: refresh tokens"),
    Structure(
        "doppler",
        "dp.",
        _re(_A + r"dp\.(?:pt|st|ct|scim|audit|sa|said)\.(?:[\w\-]{2,35}\.)?[0-9A-Za-z]{40,44}"),
        "Doppler: token formats",
    ),
    Structure(
        "dynatrace", "dt0", _re(_A + r"dt0[a-z]\d\d\.[0-9A-Za-z]{24}\.[0-9A-Za-z]{64}"), "Dynatrace: token format"
    ),
    Structure(
        "harness", "pat. sat.", _re(_A + r"[ps]at\.[\w\-]{22}\.[0-9A-Za-z]{24}\.[0-9A-Za-z]{20}"), "Harness: API keys"
    ),
    Structure(
        "terraform",
        ".atlasv1.",
        _re(r"(?<![0-9A-Za-z])[0-9A-Za-z]{14}\.atlasv1\.[\w\-=]{60,70}"),
        "Terraform: API tokens",
        back=15,
    ),
    Structure("dropbox_short", "sl.", _re(_A + r"sl\.(?:u\.)?[\w\-=]{120,}"), "Dropbox: OAuth"),
    Structure("yandex_iam", "t1.", _re(_A + r"t1\.[\w\-]{6,}={0,2}\.[\w\-]{86}={0,2}"), "Yandex Cloud: IAM tokens"),
    Structure("mapbox", "pk. sk. tk.", _re(_A + r"[pst]k\.[0-9A-Za-z]{60,}\.[\w\-]{22}"), "Mapbox: tokens"),
    Structure("mailersend", "mlsn.", _re(_A + r"mlsn\.[0-9a-f]{64}"), "MailerSend: tokens"),
    Structure("amazon_mws", "amzn.", _re(_A + rf"amzn\.mws\.{UUID}"), "Amazon MWS: auth tokens"),
    Structure(
        "cloudflare_origin", "v1.0-", _re(_A + r"v1\.0-[0-9a-f]{24}-[0-9a-f]{146}"), "Cloudflare: origin CA keys"
    ),
    Structure("slack_config", "xoxe.", _re(_A + r"xoxe\.xox[bp]-\d-[0-9A-Za-z]{60,}"), "Slack: token types"),
    Structure(
        "authress",
        ".acc_ .acc-",
        _re(
            _A
            + r"(?:sc|ext|scauth|authress)_[0-9A-Za-z]{5,30}\.[0-9A-Za-z]{4,6}\.acc[_\-][0-9A-Za-z\-]{10,32}\.[\w+/=\-]{30,120}"
        ),
        "Authress: service clients",
        back=50,
    ),
    Structure(
        "braintree",
        "access_token$",
        _re(r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}"),
        "Braintree: access tokens",
    ),
    Structure(
        "maxmind",
        "_mmk",
        _re(r"(?<![0-9A-Za-z])[0-9A-Za-z]{6}_[0-9A-Za-z]{29}_mmk(?![0-9A-Za-z])"),
        "MaxMind: license keys",
        back=37,
    ),
    Structure(
        "mailchimp",
        "-us",
        _re(r"(?<![0-9A-Za-z])[0-9a-f]{32}-us\d{1,2}(?![0-9A-Za-z])"),
        "Mailchimp: API keys",
        back=33,
    ),
    Structure(
        "azure_entra",
        "Q~",
        _re(r"(?<![\w~.\-])[\w~.]{3}\dQ~[\w~.\-]{31,34}(?![\w~\-])"),
        "Microsoft Entra: client secrets",
        back=5,
    ),
    Structure(
        "azure_marked",
        "AzFu ACDb AzSe +ASt AIoT +ACR JQQJ",
        _re(r"(?<![0-9A-Za-z+/])[0-9A-Za-z+/]{30,80}(?:AzFu|ACDb|AzSe|\+ASt|AIoT|\+ACR|JQQJ)[0-9A-Za-z+/]{4,45}={0,2}"),
        "Azure: identifiable keys",
        back=81,
    ),
    Structure(
        "azure_storage",
        "AccountKey= SharedAccessKey=",
        _re(r"(?:AccountKey|SharedAccessKey)=(?P<v>[0-9A-Za-z+/]{30,}={0,2})"),
        "Azure Storage: connection strings",
    ),
    Structure(
        "sas",
        "sig=",
        _re(r"(?<=[?&;])sig=(?P<v>[0-9A-Za-z%+/]{20,}(?:%3D|=)*)"),
        "Azure Storage: shared access signatures",
    ),
    Structure(
        "aws_signature", "X-Amz-Signature=", _re(r"X-Amz-Signature=(?P<v>[0-9a-f]{64})"), "AWS: signature version 4"
    ),
    Structure("telegram", ":A", _re(r"(?<![\w:])\d{8,10}:A[\w\-]{34}(?![\w\-])"), "Telegram: bot API", back=10),
    Structure(
        "facebook_app",
        "facebook fb_",
        _re(r"(?:facebook|fb_)[^\n]{0,80}?(?P<v>(?<!\d)\d{15,16}(?:\||%7C|%)[\w\-]{27,40})(?![\w\-])", re.IGNORECASE),
        "Meta: app access tokens",
        folded=True,
    ),
    Structure(
        "sidekiq",
        "contribsys",
        _re(
            r"(?:contribsys(?:__|_|\.)com[\"']?\s{0,3}[:=]\s{0,3}[\"']?)(?P<v>[0-9a-f]{8}:[0-9a-f]{8})(?![0-9a-f])",
            re.IGNORECASE,
        ),
        "Sidekiq: Bundler credentials",
        folded=True,
        check=_always,
    ),
    Structure(
        "freemius", "secret_key", re.compile(r"secret_key[\"']\s*=>\s*[\"'](?P<v>sk_[^\s\"']{29})[\"']"), _GITLEAKS
    ),
    Structure(
        "clojars",
        "clojars_",
        _re(_A + r"CLOJARS_[0-9a-z]{60}(?![0-9a-z])", re.IGNORECASE),
        "Clojars: deploy tokens",
        folded=True,
    ),
    Structure(
        "softlayer_url",
        "api.softlayer.com/soap/",
        _re(r"api\.softlayer\.com/soap/v3(?:\.1)?/(?P<v>[0-9a-zA-Z]{64})"),
        "SoftLayer: SOAP",
    ),
    Structure(
        "session_cookie",
        "_session= sessionid= phpsessid= jsessionid= connect.sid=",
        _re(
            r"(?:_session|sessionid|phpsessid|jsessionid|connect\.sid)=(?P<v>[0-9A-Za-z%._~\-]{16,512})", re.IGNORECASE
        ),
        "RFC 6265",
        folded=True,
        check=_is_credential,
    ),
    Structure(
        "netrc",
        "password",
        _re(r"(?:login|account)\s+\S{1,100}\s+password\s+(?P<v>[^\s\"'<>]{4,256})"),
        "netrc(5)",
        folded=True,
        back=120,
        check=_is_password,
    ),
    Structure("jwk", '"d"', _re(r'"d"\s{0,4}:\s{0,4}"(?P<v>[\w\-]{40,1024})"'), "RFC 7517: private parameters"),
    Structure(
        "putty",
        "PuTTY-User-Key-File",
        re.compile(r"PuTTY-User-Key-File-\d: (?:.|\n)*?(?:Private-MAC: *[0-9a-f]+|\Z)"),
        "PuTTY: key file format",
        check=_always,
    ),
)
