"""Tokens by their prefix: clouds, code hosts, package registries, build and deployment. Pure.

Each row says where its prefix, alphabet and length are from: a standard; the public list of gitleaks' rules, of which
ours is often wider; or a format as seen in the wild, which nobody has checked against its issuer's page. Every
expression is written here.
"""

from __future__ import annotations

from streams.privacy.secrets.rules import ALNUM, BASE64, HEX, WORD, Token

_GITLEAKS, _SEEN = "gitleaks' rules", "format as seen in the wild"

TOKENS: tuple[Token, ...] = (
    # Clouds
    Token("aws_key_id", "AKIA ASIA ABIA ACCA A3T", "[0-9A-Z]{16,17}", _GITLEAKS, closed=True, words=True),
    Token("aws_bedrock", "ABSK", BASE64 + "{100,280}={0,2}", _GITLEAKS),
    Token("aws_bedrock_short", "bedrock-api-key-", BASE64 + "{28,}={0,2}", _GITLEAKS),
    Token("google_api", "AIza", r"[\w\-]{35}", _GITLEAKS, closed=True),
    Token("google_oauth_secret", "GOCSPX-", r"[\w\-]{20,}", _SEEN),
    Token("alibaba_key_id", "LTAI", ALNUM + "{12,26}", _GITLEAKS, closed=True),
    Token("tencent_secret_id", "AKID", ALNUM + "{32}", _SEEN, closed=True),
    Token("digitalocean", "doo_v1_ dop_v1_ dor_v1_", HEX + "{40,64}", _GITLEAKS),
    Token("yandex_api", "AQVN", WORD + "{35,38}", _GITLEAKS, closed=True),
    Token("yandex_static", "YC", WORD + "{38}", _SEEN, closed=True),
    Token("fly", "fo1_", WORD + "{43}", _GITLEAKS),
    Token("fly_macaroon", "fm1a_ fm1r_ fm2_", BASE64 + "{60,}={0,3}", _GITLEAKS),
    Token("heroku", "HRKU-", r"[\w\-]{36,66}", _GITLEAKS),
    Token("render", "rnd_", ALNUM + "{28,}", _SEEN),
    Token("vercel", "vcp_ vci_ vca_ vcr_ vck_", ALNUM + "{24,}", _SEEN),
    Token("scalingo", "tk-us- tk-eu-", r"[\w\-]{48}", _GITLEAKS),
    Token("netlify", "nfp_ nfc_ nfo_ nfb_ nfu_", ALNUM + "{30,}", _SEEN),
    Token("planetscale", "pscale_tkn_ pscale_oauth_ pscale_pw_ pscale_otkn_", r"[\w=.\-]{32,64}", _GITLEAKS),
    Token("supabase", "sbp_ sb_secret_", r"[\w\-]{20,}", _SEEN),
    Token("neon", "napi_", ALNUM + "{30,}", _SEEN),
    Token("tailscale", "tskey-", r"(?:[a-z]+-)?[0-9A-Za-z]{6,}(?:-[0-9A-Za-z]{12,})?", _SEEN),
    Token("defined_networking", "dnkey-", r"[\w=\-]{26}-[\w=\-]{52}", _GITLEAKS),
    Token("pulumi", "pul-", HEX + "{40}", _GITLEAKS, closed=True),
    Token("infracost", "ico-", ALNUM + "{32}", _GITLEAKS, closed=True),
    Token("cloudflare", "cfat_ cfut_ cfk_", ALNUM + "{40,60}", _SEEN, closed=True),
    Token("amazon_client", "amzn1.oa2-cs.v1.", HEX + "{64}", _SEEN),
    Token("appsync", "da2-", "[0-9a-z]{26}", _SEEN, closed=True),
    Token("akamai", "akab- akau-", "[0-9a-z]{16}-[0-9a-z]{16}", _SEEN, closed=True),
    Token("aiven", "AVNS_", r"[\w\-]{19}", _SEEN, closed=True),
    Token("clickhouse", "4b1d", ALNUM + "{38}", _GITLEAKS, closed=True),
    # Code hosts
    Token("github", "ghp_ gho_ ghu_ ghs_ ghr_", ALNUM + "{30,251}", _GITLEAKS),
    Token("github_fine", "github_pat_", r"\w{22,251}", _GITLEAKS),
    Token(
        "gitlab",
        "glpat- gldt- glrt- glft- glffct- glrtr- glsoat- glimt- glagent- gloas- glptt- glcbt- glwt- GR1348941",
        r"[\w\-]{16,300}(?:\.[0-9A-Za-z]{2}\.?[0-9A-Za-z]{7,9})?",
        _GITLEAKS,
    ),
    Token("bitbucket_app", "ATBB ATCTT3", r"[\w\-=]{24,}", _SEEN),
    Token("atlassian", "ATATT3", r"[\w\-]{50,}(?:(?:\\?=|%3[Dd])[0-9A-F]{8})?", _GITLEAKS),
    Token("atlassian_server", "BBDC-", BASE64 + "{40,48}", _SEEN),
    Token("sourcegraph", "sgp_", r"(?:(?:[0-9a-fA-F]{16}|local)_)?[0-9a-fA-F]{40}", _GITLEAKS),
    Token("sourcegraph_cody", "slk_ sgd_ sgs_", HEX + "{64}", _SEEN),
    # Registries
    Token("npm", "npm_", ALNUM + "{30,}", _GITLEAKS),
    Token("pypi", "pypi-A", r"[\w\-]{30,}", _GITLEAKS),
    Token("rubygems", "rubygems_", HEX + "{48}", _GITLEAKS),
    Token("clojars", "CLOJARS_", r"[0-9a-z]{60}", _GITLEAKS),
    Token("crates", "cio", ALNUM + "{32}", _SEEN, closed=True),
    Token("docker", "dckr_pat_ dckr_oat_", r"[\w\-]{24,}", _SEEN),
    Token("nuget", "oy2", "[0-9a-z]{43}", _SEEN, closed=True),
    Token("artifactory_api", "AKCp", ALNUM + "{60,}", _GITLEAKS, closed=True),
    Token("artifactory_reference", "cmVmd", ALNUM + "{59}", _GITLEAKS, closed=True),
    # Build, deployment, feature flags, infrastructure
    Token("buildkite", "bkua_ bkaj_ bkct_ bkpt_ bkpr_", r"[0-9A-Za-z]{32,}", _SEEN),
    Token("circleci", "CCIPAT_ CCIPRJ_", ALNUM + r"{10,}_[0-9a-z]{40}", _SEEN),
    Token("octopus", "API-", "[0-9A-Z]{25,32}", _GITLEAKS, closed=True),
    Token("databricks", "dapi", HEX + r"{32}(?:-\d)?", _GITLEAKS, closed=True),
    Token("databricks_oauth", "dose", HEX + "{32}", _SEEN, closed=True),
    Token("prefect", "pnu_ pnb_", ALNUM + "{36}", _GITLEAKS),
    Token("dbt", "dbtc_ dbts_ dbtu_", r"[\w\-=]{30,}", _SEEN),
    Token("launchdarkly", "sdk- mob- api-", "[0-9a-z]{8}(?:-[0-9a-z]{4}){3}-[0-9a-z]{12}", _GITLEAKS),
    Token("configcat", "configcat-sdk-1/", r"[\w\-]{22}/[\w\-]{22}", _SEEN),
    Token("openshift", "sha256~", r"[\w\-]{43}", _GITLEAKS, closed=True),
    Token("docker_swarm", "SWMTKN-1- SWMKEY-1-", r"[0-9A-Za-z\-+/]{40,90}", _SEEN),
    Token("apify", "apify_api_", ALNUM + "{30,40}", _SEEN, closed=True),
    Token("spectral", "spu-", HEX + "{32}", _SEEN, closed=True),
    Token("kolide", "k2sk_v1_", ALNUM + "{24}", _SEEN, closed=True),
    Token("age", "AGE-SECRET-KEY-1", "[0-9A-Z]{50,60}", "age: file format"),
    Token(
        "onepassword_secret",
        "A3-",
        r"[0-9A-Z]{6}-(?:[0-9A-Z]{11}|[0-9A-Z]{6}-[0-9A-Z]{5})(?:-[0-9A-Z]{5}){3}",
        _GITLEAKS,
    ),
    Token("onepassword_service", "ops_eyJ", r"[\w+/\-]{100,}={0,3}", _GITLEAKS),
    Token(
        "key_block_base64",
        "LS0tLS1CRUdJTiBSU0Eg LS0tLS1CRUdJTiBQUklWQVRF LS0tLS1CRUdJTiBFQyBQ LS0tLS1CRUdJTiBPUEVOU1NI "
        "LS0tLS1CRUdJTiBFTkNSWVBU LS0tLS1CRUdJTiBEU0Eg",
        BASE64 + "{40,}={0,2}",
        "RFC 7468 in base64",
    ),
    Token("openssh_key_base64", "b3BlbnNzaC1rZXktdjE", BASE64 + "{40,}={0,2}", "OpenSSH PROTOCOL.key"),
    Token(
        "jwt_base64",
        "ZXlK",
        r"[\w+/\-]{60,}={0,2}",
        "RFC 7515 in base64",
    ),
)
