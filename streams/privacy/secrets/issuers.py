"""Tokens by their prefix: messaging, payment, models, observability, business services. Pure.

Sources are as in `tokens`.
"""

from __future__ import annotations

from streams.privacy.secrets.rules import ALNUM, BASE64, HEX, UUID, Token

_DOC, _GITHUB, _GITLEAKS = "issuer's documentation", "GitHub's list of secret scanning patterns", "gitleaks' rules"

TOKENS: tuple[Token, ...] = (
    # Messaging and mail
    Token(
        "slack",
        "xoxb- xoxp- xoxa- xoxr- xoxo- xoxs- xoxe- xoxd- xoxc-",
        r"[0-9A-Za-z][0-9A-Za-z\-%]{9,}",
        "Slack: token types",
    ),
    Token("slack_app", "xapp- xwfp-", r"[0-9A-Za-z\-]{10,}", "Slack: token types"),
    Token("twilio", "SK AC", "[0-9a-fA-F]{32}", "Twilio: API keys", closed=True),
    Token("sendinblue", "xkeysib- xsmtpsib-", HEX + "{64}-" + ALNUM + "{16}", "Brevo: API keys"),
    Token("mailgun", "key- pubkey-", "[0-9a-f]{32}", "Mailgun: API keys", closed=True),
    Token("mandrill", "md-", r"[\w\-]{22}", _GITHUB, closed=True),
    Token("resend", "re_", ALNUM + "{8}_" + ALNUM + "{20,}", "Resend: API keys"),
    Token("linear", "lin_api_ lin_oauth_ lin_wh_", ALNUM + "{30,}", "Linear: API"),
    Token("notion", "ntn_ secret_", r"(?:\d{11}[0-9A-Za-z]{35}|[0-9A-Za-z]{43})", "Notion: token formats", closed=True),
    Token("airtable_pat", "pat", ALNUM + r"{14}\." + HEX + "{64}", "Airtable: personal access tokens"),
    Token("figma", "figd_ figo_ figr_ figu_", r"[\w\-]{20,}", _GITHUB),
    Token(
        "discord_bot", "MT Mj Mz ND NT Nj Nz OD OT", r"[\w\-]{21,26}\.[\w\-]{6}\.[\w\-]{27,40}", "Discord: bot tokens"
    ),
    # Payment
    Token(
        "stripe",
        "sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_ pk_live_ pk_test_",
        ALNUM + "{10,}",
        "Stripe: API keys",
    ),
    Token("stripe_webhook", "whsec_", BASE64 + "{20,}={0,2}", "Stripe: webhooks"),
    Token("square", "sq0atp- sq0csp- sq0idp- EAAA", r"[\w\-]{22,60}", "Square: access tokens", closed=True),
    Token("shopify", "shpat_ shpca_ shppa_ shpss_ shptka_ shpua_", "[0-9a-fA-F]{32}", "Shopify: access tokens"),
    Token("adyen", "AQE", r"[\w+/\-=]{70,}", _GITHUB),
    Token(
        "flutterwave",
        "FLWSECK_TEST- FLWPUBK_TEST- FLWSECK- FLWPUBK-",
        r"[0-9A-Za-z]{12,32}(?:-X)?",
        "Flutterwave: API keys",
    ),
    Token("paystack", "sk_ pk_", HEX + "{40}", "Paystack: API keys", closed=True),
    Token("razorpay", "rzp_live_ rzp_test_", ALNUM + "{14,}", "Razorpay: API keys"),
    Token("lob", "live_ test_", "(?:pub_)?[0-9a-f]{31,35}", "Lob: API keys", closed=True),
    Token("gocardless", "live_ sandbox_", r"[\w\-=]{40}", "GoCardless: access tokens", closed=True),
    Token("duffel", "duffel_test_ duffel_live_", r"[\w\-=]{40,44}", "Duffel: access tokens"),
    Token("plaid", "access-sandbox- access-development- access-production-", UUID, "Plaid: tokens"),
    Token("easypost", "EZAK EZTK", ALNUM + "{54}", "EasyPost: API keys", closed=True),
    Token("shippo", "shippo_live_ shippo_test_", "[0-9a-fA-F]{40}", "Shippo: API tokens"),
    Token("checkout", "sk_sbox_", r"[0-9a-z*]{26,}", "Checkout.com: keys"),
    # Models and data
    Token("anthropic", "sk-ant-", r"(?:[a-z]+\d{2}-)?[\w\-]{20,}", "Anthropic: API keys"),
    Token(
        "openai_like",
        "sk-",
        r"(?!ecdsa-|ssh-)(?:[a-z]{2,12}\d{0,2}-){0,3}(?=[\w\-]*\d)[\w\-]{18,}",
        "OpenAI and those who took its form",
    ),
    Token("hugging_face", "hf_ api_org_", ALNUM + "{30,}", "Hugging Face: access tokens"),
    Token("groq", "gsk_", ALNUM + "{40,}", _GITHUB),
    Token("xai", "xai-", ALNUM + "{60,}", _GITHUB),
    Token("perplexity", "pplx-", ALNUM + "{40,}", _GITHUB),
    Token("replicate", "r8_", ALNUM + "{37}", "Replicate: API tokens"),
    Token("nvidia", "nvapi-", r"[\w\-]{40,}", _DOC),
    Token("langsmith", "lsv2_pt_ lsv2_sk_", r"[0-9a-f]{32}_[0-9a-f]{10}", _GITHUB),
    Token("langfuse", "sk-lf- pk-lf-", UUID, _DOC),
    Token("pinecone", "pcsk_", r"\w{40,}", _GITHUB),
    Token("tavily", "tvly-", r"[\w\-]{24,}", _DOC),
    Token("firecrawl", "fc-", HEX + "{32}", _GITHUB, closed=True),
    Token("elevenlabs", "sk_", HEX + "{48}", _DOC, closed=True),
    Token("wandb", "wandb_v1_", r"\w{30,}", _DOC),
    # Observability
    Token(
        "grafana", "glsa_ glc_", r"[0-9A-Za-z+/]{32,400}(?:_[0-9a-fA-F]{8})?={0,3}", "Grafana: service account tokens"
    ),
    Token("grafana_key", "eyJrIjoi", r"[0-9A-Za-z]{60,400}={0,3}", "Grafana: API keys"),
    Token("new_relic", "NRAK- NRII- NRJS- NRRA- NRBR- NRSP-", r"[0-9A-Za-z\-]{19,42}", "New Relic: key types"),
    Token("sentry", "sntryu_ sntrya_ sntryi_", HEX + "{40,64}", "Sentry: auth tokens"),
    Token("sentry_org", "sntrys_", r"[\w+/=\-]{40,}", "Sentry: auth tokens"),
    Token("honeycomb", "hcaik_ hcxik_ hcamk_ hcbik_ hcxmk_", r"[0-9a-z]{26,64}", "Honeycomb: API keys"),
    Token("posthog", "phc_ phx_ phs_", ALNUM + "{30,}", "PostHog: API keys"),
    Token("logfire", "pylf_v1_", r"[a-z]{2}_[0-9A-Za-z]{30,}", "Logfire: tokens"),
    # Business services
    Token("postman", "PMAK-", HEX + r"{24}-[0-9a-f]{34}", "Postman: API keys"),
    Token("readme", "rdme_", r"[0-9a-z]{70}", "ReadMe: API keys"),
    Token("typeform", "tfp_", r"[\w\-.=]{40,}", "Typeform: personal tokens"),
    Token("frameio", "fio-u-", r"[\w\-=]{64}", _GITLEAKS),
    Token("beamer", "b_", r"[\w\-=]{44}", _GITLEAKS, closed=True),
    Token("settlemint", "sm_aat_ sm_pat_ sm_sat_", ALNUM + "{16}", _GITLEAKS, closed=True),
    Token("intra42", "s-s4t2ud- s-s4t2af-", HEX + "{64}", _GITLEAKS),
    Token("adobe", "p8e-", r"[0-9A-Za-z]{32}", _GITLEAKS, closed=True),
    Token("contentful_pat", "CFPAT-", r"[\w\-]{43}", "Contentful: personal access tokens"),
    Token("hubspot", "pat-na1- pat-eu1- pat-na2- pat-ap1-", UUID, "HubSpot: private apps"),
    Token("facebook", "EAA", r"[0-9A-Za-z]{80,}", "Meta: access tokens"),
    Token("instagram", "IGQV IGQW", r"[\w\-]{100,}", "Meta: access tokens"),
    Token("twitter_bearer", "AAAAAAAAAAAAAAAAAAAAA", r"[0-9A-Za-z%]{40,}", "X: bearer tokens"),
    Token("okta", "00", r"(?=[\w\-]*[A-Z])(?=[\w\-]*[a-z])(?=[\w\-]*\d)[\w\-]{40}", "Okta: API tokens", closed=True),
    Token("unkey", "unkey_", ALNUM + "{16,}", _GITHUB, closed=True),
)
