"""Tokens and addresses with a mark in the middle, of single issuers. Pure.

Sources are as in `tokens`.
"""

from __future__ import annotations

import re

from streams.privacy.secrets.rules import STARTS, UUID, Structure, ascii_pattern

_GITLEAKS, _SEEN = "gitleaks' rules", "format as seen in the wild"

MARKED: tuple[Structure, ...] = (
    Structure(
        "terraform",
        ".atlasv1.",
        ascii_pattern(r"(?<![0-9A-Za-z])[0-9A-Za-z]{14}\.atlasv1\.[\w\-=]{60,70}"),
        _GITLEAKS,
        back=15,
        near=True,
    ),
    Structure(
        "braintree",
        "access_token$",
        ascii_pattern(r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-z]{32}"),
        _SEEN,
        near=True,
    ),
    Structure(
        "maxmind",
        "_mmk",
        ascii_pattern(r"(?<![0-9A-Za-z])[0-9A-Za-z]{6}_[0-9A-Za-z]{29}_mmk(?![0-9A-Za-z])"),
        _GITLEAKS,
        back=37,
        near=True,
    ),
    Structure(
        "mailchimp",
        "-us",
        ascii_pattern(r"(?<![0-9A-Za-z])[0-9A-Za-z]{32}-us\d{1,2}(?![0-9A-Za-z])"),
        _GITLEAKS,
        back=33,
        near=True,
    ),
    Structure(
        "azure_entra",
        "Q~",
        ascii_pattern(r"(?<![\w~.\-])[\w~.]{3}\dQ~[\w~.\-]{31,34}(?![\w~\-])"),
        _GITLEAKS,
        back=5,
        near=True,
    ),
    Structure(
        "azure_marked",
        "AzFu ACDb AzSe AzCa +ASt +ABa +AEh AIoT APIm +ACR JQQJ",
        ascii_pattern(
            r"(?<![0-9A-Za-z+/])[0-9A-Za-z+/]{30,80}(?:AzFu|ACDb|AzSe|AzCa|\+ASt|\+ABa|\+AEh|AIoT|APIm|\+ACR|JQQJ)"
            r"[0-9A-Za-z+/]{4,45}={0,2}"
        ),
        _SEEN,
        back=81,
        near=True,
    ),
    Structure(
        "azure_storage",
        "AccountKey= SharedAccessKey=",
        ascii_pattern(r"(?:AccountKey|SharedAccessKey)=(?P<v>[0-9A-Za-z+/]{30,}={0,2})"),
        "Azure Storage: connection strings",
        near=True,
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
        _SEEN,
        near=True,
    ),
    Structure(
        "telegram",
        ":A",
        ascii_pattern(r"(?<![\w:])\d{8,10}:A[\w\-]{32,35}(?![\w\-])"),
        _SEEN,
        back=10,
        near=True,
    ),
    Structure(
        "new_relic_licence",
        "NRAL",
        ascii_pattern(r"(?<![0-9A-Za-z])[0-9a-z]{36}NRAL(?![0-9A-Za-z])"),
        _SEEN,
        back=37,
        near=True,
    ),
    Structure(
        "azure_devops",
        "AZDO",
        ascii_pattern(r"(?<![0-9A-Za-z])[0-9A-Za-z]{76}AZDO[0-9A-Za-z]{4}(?![0-9A-Za-z])"),
        "Azure DevOps: format of personal access tokens",
        back=77,
        near=True,
    ),
    Structure(
        "dropbox_long",
        "AAAAAAAAA",
        ascii_pattern(r"(?<![\w\-])[0-9A-Za-z]{11}A{9,10}[\w\-=]{43,44}(?![\w\-=])"),
        _GITLEAKS,
        back=12,
        near=True,
    ),
    Structure(
        "firebase_messaging",
        ":APA91b",
        ascii_pattern(r"(?<![\w\-])[\w\-]{8,30}:APA91b[\w\-]{120,150}"),
        _SEEN,
        back=31,
        near=True,
    ),
    Structure(
        "azure_function",
        "code=",
        ascii_pattern(r"(?<=[?&])code=(?P<v>[\w\-/+]{40,64}(?:==|%3D%3D)?)"),
        "Azure Functions: access keys",
        near=True,
    ),
    Structure(
        "salesforce_session",
        "00D",
        ascii_pattern(r"(?<![0-9A-Za-z])00D[0-9A-Za-z]{12,15}!(?P<c>[\w.]{60,200})"),
        _SEEN,
        near=True,
    ),
    Structure(
        "sidekiq",
        "contribsys",
        ascii_pattern(
            r"(?:contribsys(?:__|_|\.)com[\"']?\s{0,3}[:=]\s{0,3}[\"']?)(?P<v>[0-9a-f]{8}:[0-9a-f]{8})(?![0-9a-f])",
            re.IGNORECASE,
        ),
        _GITLEAKS,
        folded=True,
    ),
    Structure(
        "freemius",
        "secret_key",
        re.compile(r"secret_key[\"']\s*=>\s*[\"'](?P<v>sk_[^\s\"']{29})[\"']"),
        _GITLEAKS,
        near=True,
    ),
    Structure(
        "clojars",
        "clojars_",
        ascii_pattern(STARTS + r"CLOJARS_[0-9a-z]{60}(?![0-9a-z])", re.IGNORECASE),
        _GITLEAKS,
        folded=True,
        near=True,
    ),
    Structure(
        "thingsboard",
        "/api/v1/",
        ascii_pattern(r"thingsboard[\w.:]{0,60}/api/v1/(?P<v>[0-9A-Za-z]{20})/"),
        "ThingsBoard: HTTP and CoAP device API",
        back=80,
        near=True,
    ),
    Structure(
        "softlayer_url",
        "api.softlayer.com/soap/",
        ascii_pattern(r"api\.softlayer\.com/soap/v3(?:\.1)?/(?P<v>[0-9a-zA-Z]{64})"),
        _SEEN,
        near=True,
    ),
    Structure(
        "deepl",
        ":fx",
        ascii_pattern(STARTS + UUID + r":fx(?![0-9A-Za-z])"),
        "DeepL: authentication keys of API Free",
        back=37,
        near=True,
    ),
    Structure(
        "chain_node",
        "infura.io/ alchemy.com/v2/ alchemyapi.io/v2/ quiknode.pro/",
        ascii_pattern(r"(?:infura\.io/(?:ws/)?v3|alchemy(?:\.com|api\.io)/v2|quiknode\.pro)/(?P<v>[\w\-]{32,64})"),
        "Infura, Alchemy, QuickNode: addresses of nodes",
    ),
    Structure(
        "tableau",
        "==:",
        ascii_pattern(r"(?<![0-9A-Za-z+/])[0-9A-Za-z+/]{22}==:[0-9A-Za-z]{32}(?![0-9A-Za-z])"),
        _SEEN,
        back=23,
        near=True,
    ),
    Structure(
        "youtrack",
        "perm",
        ascii_pattern(r"(?<![\w\-])perm[:\-][\w+/\-]{4,80}={0,2}\.[\w+/\-]{2,40}={0,2}\.(?P<c>[0-9A-Za-z]{30})(?!\w)"),
        "YouTrack: permanent tokens",
        near=True,
    ),
    Structure(
        "sumsub",
        "prd: sbx:",
        ascii_pattern(r"(?<!\w)(?:prd|sbx):(?P<c>[0-9A-Za-z]{24}\.[0-9A-Za-z]{32})(?!\w)"),
        _SEEN,
        near=True,
    ),
)
