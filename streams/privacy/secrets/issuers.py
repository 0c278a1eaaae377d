"""Tokens by their prefix: messaging, payment, models, observability, business services. Pure.

Sources are as in `tokens`.
"""

from __future__ import annotations

from streams.privacy.secrets.rules import ALNUM, BASE64, HEX, UUID, Token

_GITLEAKS, _SEEN = "gitleaks' rules", "format as seen in the wild"

TOKENS: tuple[Token, ...] = (
    # Messaging and mail
    Token(
        "slack",
        "xoxb- xoxp- xoxa- xoxr- xoxo- xoxs- xoxe- xoxd- xoxc-",
        r"[0-9A-Za-z][0-9A-Za-z\-%]{9,}",
        _GITLEAKS,
    ),
    Token("slack_app", "xapp- xwfp-", r"[0-9A-Za-z\-]{10,}", _GITLEAKS),
    Token("twilio", "SK AC", "[0-9a-fA-F]{32}", _GITLEAKS, closed=True),
    Token("sendinblue", "xkeysib- xsmtpsib-", HEX + "{64}-" + ALNUM + "{16}", _GITLEAKS),
    Token("mailgun", "key- pubkey-", "[0-9a-f]{32}", _GITLEAKS, closed=True),
    Token("mandrill", "md-", r"[\w\-]{22}", _SEEN, closed=True),
    Token("resend", "re_", ALNUM + "{8}_" + ALNUM + "{20,}", _SEEN),
    Token("linear", "lin_api_ lin_oauth_ lin_wh_", ALNUM + "{30,}", _GITLEAKS),
    Token("notion", "ntn_ secret_", r"[0-9A-Za-z]{43,46}", _GITLEAKS, closed=True),
    Token("airtable_pat", "pat", ALNUM + r"{14}\." + HEX + "{64}", _GITLEAKS),
    Token("figma", "figd_ figo_ figr_ figu_", r"[\w\-]{20,}", _SEEN),
    Token("discord_bot", "MT Mj Mz ND NT Nj Nz OD OT", r"[\w\-]{21,26}\.[\w\-]{6}\.[\w\-]{27,40}", _SEEN),
    # Payment
    Token(
        "stripe",
        "sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_ pk_live_ pk_test_",
        ALNUM + "{10,}",
        _GITLEAKS,
    ),
    Token("stripe_webhook", "whsec_", BASE64 + "{20,}={0,2}", _SEEN),
    Token("square", "sq0atp- sq0csp- sq0idp- sq0idk- sq0ids- EAAA", r"[\w\-]{22,90}", _GITLEAKS, closed=True),
    Token("shopify", "shpat_ shpca_ shppa_ shpss_ shptka_ shpua_", "[0-9a-fA-F]{32}", _GITLEAKS),
    Token("adyen", "AQE", r"[\w+/\-=]{70,}", _SEEN),
    Token(
        "flutterwave",
        "FLWSECK_TEST- FLWPUBK_TEST- FLWSECK- FLWPUBK-",
        r"[0-9A-Za-z]{12,32}(?:-X)?",
        _GITLEAKS,
    ),
    Token("paystack", "sk_ pk_", HEX + "{40}", _GITLEAKS, closed=True),
    Token("razorpay", "rzp_live_ rzp_test_", ALNUM + "{14,}", _SEEN),
    Token("lob", "live_ test_", "(?:pub_)?[0-9a-f]{31,35}", _GITLEAKS, closed=True),
    Token("gocardless", "live_ sandbox_", r"[\w\-=]{40}", _GITLEAKS, closed=True),
    Token("duffel", "duffel_test_ duffel_live_", r"[\w\-=]{40,44}", _SEEN),
    Token("plaid", "access-sandbox- access-development- access-production-", UUID, _SEEN),
    Token("easypost", "EZAK EZTK", ALNUM + "{54}", _GITLEAKS, closed=True),
    Token("shippo", "shippo_live_ shippo_test_", "[0-9a-fA-F]{40}", _GITLEAKS),
    Token("checkout", "sk_sbox_", r"[0-9a-z*]{26,}", _SEEN),
    # Models and data
    Token("anthropic", "sk-ant-", r"(?:[a-z]+\d{2}-)?[\w\-]{20,}", _GITLEAKS),
    Token(
        "openai_like",
        "sk-",
        r"(?!ecdsa-|ssh-)(?:[a-z]{2,12}\d{0,2}-){0,3}(?=[\w\-]*\d)[\w\-]{18,}",
        _GITLEAKS,
    ),
    Token("hugging_face", "hf_ api_org_", ALNUM + "{30,}", _GITLEAKS),
    Token("groq", "gsk_", ALNUM + "{40,}", _SEEN),
    Token("xai", "xai-", r"\w{60,}", _SEEN),
    Token("perplexity", "pplx-", ALNUM + "{40,}", _GITLEAKS),
    Token("replicate", "r8_", ALNUM + "{37}", _SEEN),
    Token("nvidia", "nvapi-", r"[\w\-]{40,}", _SEEN),
    Token("langsmith", "lsv2_pt_ lsv2_sk_", r"[0-9a-f]{32}_[0-9a-f]{10}", _SEEN),
    Token("langfuse", "sk-lf- pk-lf-", UUID, _SEEN),
    Token("pinecone", "pcsk_", r"\w{40,}", _SEEN),
    Token("tavily", "tvly-", r"[\w\-]{24,}", _SEEN),
    Token("firecrawl", "fc-", HEX + "{32}", _SEEN, closed=True),
    Token("elevenlabs", "sk_", HEX + "{48}", _GITLEAKS, closed=True),
    Token("wandb", "wandb_v1_", r"\w{30,}", _SEEN),
    # Observability
    Token("grafana", "glsa_ glc_", r"[0-9A-Za-z+/]{32,400}(?:_[0-9a-fA-F]{8})?={0,3}", _GITLEAKS),
    Token("grafana_key", "eyJrIjoi", r"[0-9A-Za-z]{60,400}={0,3}", _GITLEAKS),
    Token("new_relic", "NRAK- NRII- NRJS- NRRA- NRBR- NRSP-", r"[\w\-]{19,42}", _GITLEAKS),
    Token("sentry", "sntryu_ sntrya_ sntryi_", HEX + "{40,64}", _GITLEAKS),
    Token("sentry_org", "sntrys_", r"[\w+/=\-]{40,}", _GITLEAKS),
    Token("honeycomb", "hcaik_ hcxik_ hcamk_ hcbik_ hcxmk_", r"[0-9a-z]{26,64}", _SEEN),
    Token("posthog", "phc_ phx_ phs_ phr_ pha_", r"[\w\-]{30,}", _SEEN),
    Token("logfire", "pylf_v1_", r"[a-z]{2}_[0-9A-Za-z]{30,}", _SEEN),
    # Business services
    Token("postman", "PMAK-", HEX + r"{24}-[0-9a-f]{34}", _GITLEAKS),
    Token("readme", "rdme_", r"[0-9a-z]{70}", _GITLEAKS),
    Token("typeform", "tfp_", r"[\w\-.=]{40,}", _GITLEAKS),
    Token("frameio", "fio-u-", r"[\w\-=]{64}", _GITLEAKS),
    Token("beamer", "b_", r"[\w\-=]{44}", _SEEN, closed=True),
    Token("settlemint", "sm_aat_ sm_pat_ sm_sat_", ALNUM + "{16}", _GITLEAKS, closed=True),
    Token("intra42", "s-s4t2ud- s-s4t2af-", HEX + "{64}", _GITLEAKS),
    Token("adobe", "p8e-", r"[0-9A-Za-z]{32}", _GITLEAKS, closed=True),
    Token("contentful_pat", "CFPAT-", r"[\w\-]{43}", _SEEN),
    Token("hubspot", "pat-na1- pat-eu1- pat-na2- pat-ap1-", UUID, _SEEN),
    Token("facebook", "EAA", r"[0-9A-Za-z]{80,}", _GITLEAKS),
    Token("instagram", "IGQV IGQW", r"[\w\-]{100,}", _SEEN),
    Token("twitter_bearer", "AAAAAAAAAAAAAAAAAAAAA", r"[0-9A-Za-z%]{40,}", _SEEN),
    Token("okta", "00", r"(?=[\w\-]*[A-Z])(?=[\w\-]*[a-z])(?=[\w\-]*\d)[\w\-]{40}", _SEEN, closed=True),
    Token("salesforce_app", "3MVG", r"[\w.]{60,110}", _SEEN),
    Token("pganalyze", "pgar_", "[0-9a-z]{27}", _SEEN, closed=True),
    Token("adafruit", "aio_", ALNUM + "{28}", _SEEN, closed=True),
    Token("teamwork", "tkn.v1_", r"[\w\-]{40,100}={0,2}", _SEEN),
    Token("onfido", "api_live api_sandbox", r"(?:_[a-z]{2})?\.[\w\-]{8,16}\.[\w\-]{24,40}", _SEEN),
    Token("portainer", "ptr_", r"[\w+/\-]{40,52}={0,2}", _SEEN),
    Token("unkey", "unkey_", ALNUM + "{16,}", _SEEN, closed=True),
)
