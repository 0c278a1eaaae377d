"""Tokens with a mark in the middle or a dot after their beginning, of single issuers. Pure.

Sources are as in `tokens`.
"""

from __future__ import annotations

import re

from streams.privacy.secrets.rules import STARTS, UUID, Structure, always, ascii_pattern

_GITLEAKS = "gitleaks' rules"

MARKED: tuple[Structure, ...] = (
    Structure("sendgrid", "SG.", ascii_pattern(STARTS + r"SG\.[\w\-]{16,}\.[\w\-=.]{16,}"), "SendGrid: API keys"),
    Structure("sendgrid_old", "SG.", ascii_pattern(STARTS + r"SG\.[\w\-=.]{66}(?![\w\-])"), "SendGrid: API keys"),
    Structure("vault", "hvs. hvb. hvr.", ascii_pattern(STARTS + r"hv[sbr]\.[\w\-]{20,300}"), "HashiCorp Vault: tokens"),
    Structure(
        "vault_old",
        "s.",
        ascii_pattern(STARTS + r"s\.(?=[A-Za-z]*\d)(?=[^a-z]*[a-z])[0-9A-Za-z]{24}(?![\w.\-(\[])"),
        "HashiCorp Vault: tokens",
    ),
    Structure("google_oauth", "ya29.", ascii_pattern(STARTS + r"ya29\.[\w\-]{20,}"), "Google: OAuth access tokens"),
    Structure("google_refresh", "1//0", ascii_pattern(r"(?<![\w/])1//0[\w\-]{30,}"), "Google: refresh tokens"),
    Structure(
        "doppler",
        "dp.",
        ascii_pattern(STARTS + r"dp\.(?:pt|st|ct|scim|audit|sa|said)\.(?:[\w\-]{2,35}\.)?[0-9A-Za-z]{40,44}"),
        "Doppler: token formats",
    ),
    Structure(
        "dynatrace",
        "dt0",
        ascii_pattern(STARTS + r"dt0[a-z]\d\d\.[0-9A-Za-z]{24}\.[0-9A-Za-z]{64}"),
        "Dynatrace: token format",
    ),
    Structure(
        "harness",
        "pat. sat.",
        ascii_pattern(STARTS + r"[ps]at\.[\w\-]{22}\.[0-9A-Za-z]{24}\.[0-9A-Za-z]{20}"),
        "Harness: API keys",
    ),
    Structure(
        "terraform",
        ".atlasv1.",
        ascii_pattern(r"(?<![0-9A-Za-z])[0-9A-Za-z]{14}\.atlasv1\.[\w\-=]{60,70}"),
        "Terraform: API tokens",
        back=15,
    ),
    Structure("dropbox_short", "sl.", ascii_pattern(STARTS + r"sl\.(?:u\.)?[\w\-=]{120,}"), "Dropbox: OAuth"),
    Structure(
        "yandex_iam",
        "t1.",
        ascii_pattern(STARTS + r"t1\.[\w\-]{6,}={0,2}\.[\w\-]{86}={0,2}"),
        "Yandex Cloud: IAM tokens",
    ),
    Structure(
        "mapbox", "pk. sk. tk.", ascii_pattern(STARTS + r"[pst]k\.[0-9A-Za-z]{60,}\.[\w\-]{22}"), "Mapbox: tokens"
    ),
    Structure("mailersend", "mlsn.", ascii_pattern(STARTS + r"mlsn\.[0-9a-f]{64}"), "MailerSend: tokens"),
    Structure("amazon_mws", "amzn.", ascii_pattern(STARTS + rf"amzn\.mws\.{UUID}"), "Amazon MWS: auth tokens"),
    Structure(
        "cloudflare_origin",
        "v1.0-",
        ascii_pattern(STARTS + r"v1\.0-[0-9a-f]{24}-[0-9a-f]{146}"),
        "Cloudflare: origin CA keys",
    ),
    Structure(
        "slack_config", "xoxe.", ascii_pattern(STARTS + r"xoxe\.xox[bp]-\d-[0-9A-Za-z]{60,}"), "Slack: token types"
    ),
    Structure(
        "authress",
        ".acc_ .acc-",
        ascii_pattern(
            STARTS
            + r"(?:sc|ext|scauth|authress)_[0-9A-Za-z]{5,30}"
            + r"\.[0-9A-Za-z]{4,6}\.acc[_\-][0-9A-Za-z\-]{10,32}\.[\w+/=\-]{30,120}"
        ),
        "Authress: service clients",
        back=50,
    ),
    Structure(
        "braintree",
        "access_token$",
        ascii_pattern(r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}"),
        "Braintree: access tokens",
    ),
    Structure(
        "maxmind",
        "_mmk",
        ascii_pattern(r"(?<![0-9A-Za-z])[0-9A-Za-z]{6}_[0-9A-Za-z]{29}_mmk(?![0-9A-Za-z])"),
        "MaxMind: license keys",
        back=37,
    ),
    Structure(
        "mailchimp",
        "-us",
        ascii_pattern(r"(?<![0-9A-Za-z])[0-9a-f]{32}-us\d{1,2}(?![0-9A-Za-z])"),
        "Mailchimp: API keys",
        back=33,
    ),
    Structure(
        "azure_entra",
        "Q~",
        ascii_pattern(r"(?<![\w~.\-])[\w~.]{3}\dQ~[\w~.\-]{31,34}(?![\w~\-])"),
        "Microsoft Entra: client secrets",
        back=5,
    ),
    Structure(
        "azure_marked",
        "AzFu ACDb AzSe +ASt AIoT +ACR JQQJ",
        ascii_pattern(
            r"(?<![0-9A-Za-z+/])[0-9A-Za-z+/]{30,80}(?:AzFu|ACDb|AzSe|\+ASt|AIoT|\+ACR|JQQJ)[0-9A-Za-z+/]{4,45}={0,2}"
        ),
        "Azure: identifiable keys",
        back=81,
    ),
    Structure(
        "azure_storage",
        "AccountKey= SharedAccessKey=",
        ascii_pattern(r"(?:AccountKey|SharedAccessKey)=(?P<v>[0-9A-Za-z+/]{30,}={0,2})"),
        "Azure Storage: connection strings",
    ),
    Structure(
        "sas",
        "sig=",
        ascii_pattern(r"(?<=[?&;])sig=(?P<v>[0-9A-Za-z%+/]{20,}(?:%3D|=)*)"),
        "Azure Storage: shared access signatures",
    ),
    Structure(
        "aws_signature",
        "X-Amz-Signature=",
        ascii_pattern(r"X-Amz-Signature=(?P<v>[0-9a-f]{64})"),
        "AWS: signature version 4",
    ),
    Structure(
        "telegram", ":A", ascii_pattern(r"(?<![\w:])\d{8,10}:A[\w\-]{34}(?![\w\-])"), "Telegram: bot API", back=10
    ),
    Structure(
        "sidekiq",
        "contribsys",
        ascii_pattern(
            r"(?:contribsys(?:__|_|\.)com[\"']?\s{0,3}[:=]\s{0,3}[\"']?)(?P<v>[0-9a-f]{8}:[0-9a-f]{8})(?![0-9a-f])",
            re.IGNORECASE,
        ),
        "Sidekiq: Bundler credentials",
        folded=True,
        check=always,
    ),
    Structure(
        "freemius", "secret_key", re.compile(r"secret_key[\"']\s*=>\s*[\"'](?P<v>sk_[^\s\"']{29})[\"']"), _GITLEAKS
    ),
    Structure(
        "clojars",
        "clojars_",
        ascii_pattern(STARTS + r"CLOJARS_[0-9a-z]{60}(?![0-9a-z])", re.IGNORECASE),
        "Clojars: deploy tokens",
        folded=True,
    ),
    Structure(
        "softlayer_url",
        "api.softlayer.com/soap/",
        ascii_pattern(r"api\.softlayer\.com/soap/v3(?:\.1)?/(?P<v>[0-9a-zA-Z]{64})"),
        "SoftLayer: SOAP",
    ),
)
