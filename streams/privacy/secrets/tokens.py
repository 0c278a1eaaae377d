"""Tokens by their prefix: clouds, code hosts, package registries, build and deployment. Pure.

Facts (prefix, alphabet, length) are from the issuers' documentation where they publish them, else from the public
pattern lists of GitHub secret scanning, GitLab and gitleaks; every expression is written here.
"""

from __future__ import annotations

from streams.privacy.secrets.rules import ALNUM, BASE64, HEX, WORD, Token

_DOC, _GITHUB, _GITLEAKS = "issuer's documentation", "GitHub's list of secret scanning patterns", "gitleaks' rules"

TOKENS: tuple[Token, ...] = (
    # Clouds
    Token("aws_key_id", "AKIA ASIA ABIA ACCA A3T", "[0-9A-Z]{16,17}", "AWS IAM: unique identifiers", closed=True),
    Token("aws_bedrock", "ABSK", BASE64 + "{100,280}={0,2}", "AWS Bedrock: API keys"),
    Token("aws_bedrock_short", "bedrock-api-key-", BASE64 + "{28,}={0,2}", "AWS Bedrock: API keys"),
    Token("google_api", "AIza", r"[\w\-]{35}", "Google Cloud: API keys", closed=True),
    Token("google_oauth_secret", "GOCSPX-", r"[\w\-]{20,}", _DOC),
    Token("alibaba_key_id", "LTAI", ALNUM + "{12,26}", _GITHUB, closed=True),
    Token("tencent_secret_id", "AKID", ALNUM + "{32}", _GITHUB, closed=True),
    Token("digitalocean", "doo_v1_ dop_v1_ dor_v1_", HEX + "{40,64}", "DigitalOcean: API tokens"),
    Token("yandex_api", "AQVN", WORD + "{35,38}", "Yandex Cloud: API keys", closed=True),
    Token("yandex_static", "YC", WORD + "{38}", "Yandex Cloud: static keys", closed=True),
    Token("fly", "fo1_", WORD + "{43}", "fly.io: access tokens"),
    Token("fly_macaroon", "fm1a_ fm1r_ fm2_", BASE64 + "{60,}={0,3}", "fly.io: access tokens"),
    Token("heroku", "HRKU-", r"[\w\-]{36,66}", "Heroku: API tokens"),
    Token("render", "rnd_", ALNUM + "{28,}", _GITHUB),
    Token("vercel", "vcp_ vci_ vca_ vcr_ vck_", ALNUM + "{24,}", "Vercel: token formats"),
    Token("scalingo", "tk-us- tk-eu-", r"[\w\-]{48}", _GITLEAKS),
    Token("netlify", "nfp_ nfc_ nfo_ nfb_ nfu_", ALNUM + "{30,}", "Netlify: token formats"),
    Token("planetscale", "pscale_tkn_ pscale_oauth_ pscale_pw_ pscale_otkn_", r"[\w=.\-]{32,64}", _GITHUB),
    Token("supabase", "sbp_ sb_secret_", r"[\w\-]{20,}", _GITHUB),
    Token("neon", "napi_", ALNUM + "{30,}", _DOC),
    Token("tailscale", "tskey-", r"(?:[a-z]+-)?[0-9A-Za-z]{6,}(?:-[0-9A-Za-z]{12,})?", "Tailscale: key prefixes"),
    Token("defined_networking", "dnkey-", r"[\w=\-]{26}-[\w=\-]{52}", _GITLEAKS),
    Token("pulumi", "pul-", HEX + "{40}", "Pulumi: access tokens", closed=True),
    Token("infracost", "ico-", ALNUM + "{32}", _GITLEAKS, closed=True),
    Token("aiven", "AVNS_", r"[\w\-]{19}", _GITHUB, closed=True),
    Token("clickhouse", "4b1d", ALNUM + "{38}", _GITHUB, closed=True),
    # Code hosts
    Token("github", "ghp_ gho_ ghu_ ghs_ ghr_", ALNUM + "{30,251}", "GitHub: authentication token formats"),
    Token("github_fine", "github_pat_", r"\w{22,251}", "GitHub: authentication token formats"),
    Token(
        "gitlab",
        "glpat- gldt- glrt- glft- glffct- glsoat- glimt- glagent- gloas- glptt- glcbt- glwt- GR1348941",
        r"[\w\-]{16,300}(?:\.[0-9a-z]{2}\.?[0-9a-z]{7})?",
        "GitLab: token prefixes",
    ),
    Token("bitbucket_app", "ATBB ATCTT3", r"[\w\-=]{24,}", "Atlassian: token prefixes"),
    Token("atlassian", "ATATT3", r"[\w\-=]{50,}", "Atlassian: token prefixes"),
    Token("sourcegraph", "sgp_", r"(?:(?:[0-9a-fA-F]{16}|local)_)?[0-9a-fA-F]{40}", "Sourcegraph: access tokens"),
    Token("sourcegraph_cody", "slk_ sgd_ sgs_", HEX + "{64}", _GITHUB),
    # Registries
    Token("npm", "npm_", ALNUM + "{30,}", "npm: access tokens"),
    Token("pypi", "pypi-A", r"[\w\-]{30,}", "PyPI: API tokens"),
    Token("rubygems", "rubygems_", HEX + "{48}", "RubyGems: API keys"),
    Token("clojars", "CLOJARS_", r"[0-9a-z]{60}", "Clojars: deploy tokens"),
    Token("crates", "cio", ALNUM + "{32}", "crates.io: token format", closed=True),
    Token("docker", "dckr_pat_ dckr_oat_", r"[\w\-]{24,}", "Docker: access tokens"),
    Token("nuget", "oy2", "[0-9a-z]{43}", _GITHUB, closed=True),
    Token("artifactory_api", "AKCp", ALNUM + "{60,}", "JFrog: API keys", closed=True),
    Token("artifactory_reference", "cmVmd", ALNUM + "{59}", "JFrog: reference tokens", closed=True),
    # Build, deployment, feature flags, infrastructure
    Token("buildkite", "bkua_ bkaj_ bkct_ bkpt_ bkpr_", r"[0-9A-Za-z]{32,}", _GITHUB),
    Token("circleci", "CCIPAT_ CCIPRJ_", ALNUM + r"{10,}_[0-9a-f]{40}", "CircleCI: API tokens"),
    Token("octopus", "API-", "[0-9A-Z]{25,32}", "Octopus Deploy: API keys", closed=True),
    Token("databricks", "dapi", HEX + r"{32}(?:-\d)?", "Databricks: personal access tokens", closed=True),
    Token("databricks_oauth", "dose", HEX + "{32}", "Databricks: service principals", closed=True),
    Token("prefect", "pnu_ pnb_", ALNUM + "{36}", "Prefect: API keys"),
    Token("dbt", "dbtc_ dbts_ dbtu_", r"[\w\-=]{30,}", "dbt: token formats"),
    Token("launchdarkly", "sdk- mob- api-", HEX + "{8}(?:-" + HEX + "{4}){3}-" + HEX + "{12}", "LaunchDarkly: keys"),
    Token("configcat", "configcat-sdk-1/", r"[\w\-]{22}/[\w\-]{22}", _DOC),
    Token("openshift", "sha256~", r"[\w\-]{43}", "OpenShift: OAuth tokens", closed=True),
    Token("age", "AGE-SECRET-KEY-1", "[0-9A-Z]{50,60}", "age: file format"),
    Token(
        "onepassword_secret",
        "A3-",
        r"[0-9A-Z]{6}-(?:[0-9A-Z]{11}|[0-9A-Z]{6}-[0-9A-Z]{5})(?:-[0-9A-Z]{5}){3}",
        "1Password: security design",
    ),
    Token("onepassword_service", "ops_eyJ", BASE64 + "{100,}={0,3}", "1Password: service accounts"),
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
