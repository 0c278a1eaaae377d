"""Values without a prefix, known by their issuer's name in the name they stand under, and by their shape. Pure.

Shapes (alphabet and length) are those of the public rules of gitleaks and detect-secrets; letter case as issued. Their
sources are said as in `tokens`. The name is compared in lower case and without separators: `DATADOG_API_KEY`, `datadog-api-key` and
`datadogApiKey` all hold `datadog`.
"""

from __future__ import annotations

from streams.privacy.secrets.rules import UUID, Keyed

_GITLEAKS, _DETECT = "gitleaks' rules", "detect-secrets' detectors"
_SEEN = "format as seen in the wild"
_HEX32, _HEX64, _LOWER32 = "[0-9a-fA-F]{32}", "[0-9a-fA-F]{64}", "[0-9a-zA-Z]{32}"

KEYED: tuple[Keyed, ...] = (
    Keyed("adafruit", "adafruit", r"[\w\-]{32}", _GITLEAKS),
    Keyed("adobe", "adobe", _HEX32, _GITLEAKS),
    Keyed("airtable", "airtable", "[0-9A-Za-z]{17}", _GITLEAKS),
    Keyed("algolia", "algolia", _LOWER32, _GITLEAKS),
    Keyed("alibaba", "alibaba aliyun", "[0-9A-Za-z]{30}", _GITLEAKS),
    Keyed("artifactory", "jfrog artifactory bintray xray", "[0-9A-Za-z]{64}|[0-9A-Za-z]{73}", _GITLEAKS),
    Keyed("asana", "asana", r"\d{16}|[0-9A-Za-z]{32}", _GITLEAKS),
    Keyed("atlassian", "atlassian confluence jira", "[0-9A-Za-z]{20}[0-9a-fA-F]{4}", _GITLEAKS),
    Keyed("beamer", "beamer", r"b_[\w=\-]{44}", _GITLEAKS),
    Keyed("bitbucket", "bitbucket", r"[0-9A-Za-z]{32}|[\w=\-]{64}", _GITLEAKS),
    Keyed("bittrex", "bittrex", _LOWER32, _GITLEAKS),
    Keyed("box", "box", _LOWER32, _GITLEAKS),
    Keyed("cloudant", "cloudant", _HEX64 + "|[a-z]{24}", _DETECT),
    Keyed("cloudflare", "cloudflare", r"[\w\-]{40}|[0-9a-f]{37}", _GITLEAKS),
    Keyed("codecov", "codecov", _LOWER32 + "|" + UUID, _GITLEAKS),
    Keyed("cohere", "cohere coapikey", "[0-9A-Za-z]{40}", _GITLEAKS),
    Keyed("coinbase", "coinbase", r"[\w\-]{64}", _GITLEAKS),
    Keyed("confluent", "confluent", "[0-9A-Za-z]{16}|[0-9A-Za-z]{64}", _GITLEAKS),
    Keyed("contentful", "contentful", r"[\w=\-]{43}", _GITLEAKS),
    Keyed("cos_hmac", "cossecret coshmac ibmcos secretaccesskey", "[0-9a-f]{48}", _DETECT),
    Keyed("datadog", "datadog ddapikey ddappkey", "[0-9A-Za-z]{40}|[0-9a-f]{32}", _GITLEAKS),
    Keyed("discord", "discord", r"[0-9a-fA-F]{64}|\d{17,19}|[\w=\-]{32}", _GITLEAKS),
    Keyed("drone", "droneci", _LOWER32, _GITLEAKS),
    Keyed("dropbox", "dropbox", r"[0-9A-Za-z]{15}|[0-9A-Za-z]{11}A{10}[\w\-=]{43}", _GITLEAKS),
    Keyed("etsy", "etsy", "[0-9A-Za-z]{24}", _GITLEAKS),
    Keyed("facebook", "facebook", _HEX32, _GITLEAKS),
    Keyed("fastly", "fastly", r"[\w=\-]{32}", _GITLEAKS),
    Keyed("finicity", "finicity", _HEX32 + "|[0-9A-Za-z]{20}", _GITLEAKS),
    Keyed("finnhub", "finnhub", "[0-9A-Za-z]{20}", _GITLEAKS),
    Keyed("flickr", "flickr", _LOWER32, _GITLEAKS),
    Keyed("freshbooks", "freshbooks", "[0-9A-Za-z]{64}", _GITLEAKS),
    Keyed("github_legacy", "github", "[0-9a-f]{40}", _GITLEAKS),
    Keyed("gitter", "gitter", r"[\w\-]{40}", _GITLEAKS),
    Keyed("gocardless", "gocardless", r"live_[\w\-=]{40}", _GITLEAKS),
    Keyed("heroku", "heroku", UUID, _GITLEAKS),
    Keyed("hubspot", "hubspot hapikey", UUID, _GITLEAKS),
    Keyed("ibm_iam", "ibmcloud ibmiam ibmapikey", r"[\w\-]{44}", _DETECT),
    Keyed("intercom", "intercom", r"[\w=\-]{60}", _GITLEAKS),
    Keyed("kraken", "kraken", r"[\w/=+\-]{80,90}", _GITLEAKS),
    Keyed("kucoin", "kucoin", "[0-9a-fA-F]{24}|" + UUID, _GITLEAKS),
    Keyed("launchdarkly", "launchdarkly", r"[\w=\-]{40}", _GITLEAKS),
    Keyed("linear", "linear", _HEX32, _GITLEAKS),
    Keyed("linkedin", "linkedin", "[0-9A-Za-z]{14}|[0-9A-Za-z]{16}", _GITLEAKS),
    Keyed("mailchimp", "mailchimp", r"[0-9a-fA-F]{32}-us\d{1,2}", _GITLEAKS),
    Keyed(
        "mailgun", "mailgun", r"[0-9a-hA-H]{32}-[0-9a-hA-H]{8}-[0-9a-hA-H]{8}|(?:pub)?key-[0-9a-fA-F]{32}", _GITLEAKS
    ),
    Keyed("mattermost", "mattermost", "[0-9A-Za-z]{26}", _GITLEAKS),
    Keyed("meraki", "meraki", "[0-9a-f]{40}", _GITLEAKS),
    Keyed("messagebird", "messagebird", "[0-9A-Za-z]{25}|" + UUID, _GITLEAKS),
    Keyed("netlify", "netlify", r"[\w=\-]{40,46}", _GITLEAKS),
    Keyed("new_relic", "newrelic", "[0-9A-Za-z]{64}|[0-9a-f]{36}NRAL|[0-9a-f]{40}", _GITLEAKS),
    Keyed("nytimes", "nytimes newyorktimes", r"[\w=\-]{32}", _GITLEAKS),
    Keyed("okta", "okta", r"00[\w=\-]{40}", _GITLEAKS),
    Keyed("pagerduty", "pagerduty pdkey", r"[\w+\-]{20}|[0-9a-f]{32}", _SEEN),
    Keyed("plaid", "plaid", "[0-9A-Za-z]{24}|[0-9A-Za-z]{30}", _GITLEAKS),
    Keyed("private_ai", "privateai", _LOWER32, _SEEN),
    Keyed("pusher", "pusher", "[0-9a-f]{20}", _SEEN),
    Keyed("rapidapi", "rapidapi", r"[\w\-]{50}", _GITLEAKS),
    Keyed("sauce", "saucelabs sauceaccess", UUID, _SEEN),
    Keyed("sendbird", "sendbird", "[0-9a-fA-F]{40}|" + UUID, _GITLEAKS),
    Keyed("sentry", "sentry", _HEX64, _GITLEAKS),
    Keyed("sidekiq", "bundleenterprisecontribsyscom bundlegemscontribsyscom", "[0-9a-fA-F]{8}:[0-9a-fA-F]{8}", _SEEN),
    Keyed("snyk", "snyk", UUID, _GITLEAKS),
    Keyed("softlayer", "softlayer", "[0-9a-zA-Z]{64}", _DETECT),
    Keyed("sonar", "sonarlogin sonartoken sonarqube", r"(?:sq[upa]_)?[\w=\-]{40}", _GITLEAKS),
    Keyed("sourcegraph", "sourcegraph", "[0-9a-fA-F]{40}", _GITLEAKS),
    Keyed("squarespace", "squarespace", UUID, _GITLEAKS),
    Keyed("sumologic", "sumo", "su[0-9A-Za-z]{12}|[0-9A-Za-z]{64}", _GITLEAKS),
    Keyed("telegram", "telegr", r"\d{5,16}:A[\w\-]{34}", _GITLEAKS),
    Keyed("travis", "travis", "[0-9A-Za-z]{22}", _GITLEAKS),
    Keyed("trello", "trello", "[0-9a-f]{32}|[0-9a-f]{64}", _SEEN),
    Keyed("twilio", "twilio", "[0-9a-f]{32}", _SEEN),
    Keyed("twitch", "twitch", "[0-9A-Za-z]{30}", _GITLEAKS),
    Keyed(
        "twitter",
        "twitter",
        r"[0-9A-Za-z]{25}|[0-9A-Za-z]{45}|[0-9A-Za-z]{50}|\d{15,25}-[0-9A-Za-z]{20,40}|A{22}[0-9A-Za-z%]{80,100}",
        _GITLEAKS,
    ),
    Keyed("yandex", "yandex", r"t1\.[\w\-]+={0,2}\.[\w\-]{86}={0,2}|AQVN[\w\-]{35,38}|YC[\w\-]{38}", _GITLEAKS),
    Keyed("zendesk", "zendesk", "[0-9A-Za-z]{40}", _GITLEAKS),
    Keyed("wakatime", "wakatime", UUID, _SEEN),
)
