"""Tokens by their prefix: models and their tools, data, delivery, payment and messaging beyond `issuers`. Pure.

Sources are as in `tokens`.
"""

from __future__ import annotations

from streams.privacy.secrets.rules import ALNUM, HEX, UUID, Token

_GITLEAKS, _SEEN = "gitleaks' rules", "format as seen in the wild"

TOKENS: tuple[Token, ...] = (
    # Models and their tools
    Token("together", "tgp_v1_", r"[\w\-]{40,}", _SEEN),
    Token("fireworks", "fw_", ALNUM + "{22,32}", _SEEN, closed=True),
    Token("cerebras", "csk-", "[0-9a-z]{48}", _SEEN, closed=True),
    Token("voyage", "pa-", r"(?=[\w\-]*[A-Z])(?=[\w\-]*\d)[\w\-]{43}", _SEEN, closed=True),
    Token("jina", "jina_", HEX + "{32}" + r"[\w\-]{20,40}", _SEEN),
    Token("runpod", "rpa_", "[0-9A-Z]{30,46}", _SEEN),
    Token("llama_cloud", "llx-", ALNUM + "{40,60}", _SEEN, closed=True),
    Token("langsmith_old", "ls__", HEX + "{32}", _SEEN, closed=True),
    Token("promptlayer", "pl_", HEX + "{32}", _SEEN, closed=True),
    Token("e2b", "e2b_", HEX + "{40}", _SEEN, closed=True),
    Token("browserbase", "bb_live_ bb_test_", r"[\w\-]{20,60}", _SEEN),
    Token("anyscale", "esecret_", ALNUM + "{20,60}", _SEEN),
    Token("modal", "ak- as-", "(?=[0-9A-Za-z]*[A-Z])(?=[0-9A-Za-z]*[0-9])[0-9A-Za-z]{22}", _SEEN, closed=True),
    Token("nomic", "nk-", r"(?=[\w\-]*\d)[\w\-]{43}", _SEEN, closed=True),
    Token("upstage", "up_", ALNUM + "{28,40}", _SEEN, closed=True),
    # Clouds, hosting and databases
    Token("vercel_blob", "vercel_blob_rw_", r"\w{24,80}", _SEEN),
    Token("xata", "xau_", ALNUM + "{30,60}", _SEEN),
    Token("fauna", "fnA fnE", r"[\w\-]{37}", _SEEN, closed=True),
    Token("volcengine", "AKLT", r"[\w\-]{40,60}", _SEEN, closed=True),
    Token("mongodb_atlas", "mdb_sa_sk_", r"[\w\-]{32,60}", _SEEN),
    Token("cockroach", "CCDB1_", r"\w{40,80}", _SEEN),
    Token("confluent", "cflt", r"[\w+/]{60}", _SEEN, closed=True),
    Token("materialize", "mzp_", HEX + "{64}", _SEEN),
    Token("elastic", "essu_", r"[\w+/\-]{40,120}={0,2}", _SEEN),
    Token("netbird", "nbp_", ALNUM + "{36}", _SEEN, closed=True),
    Token("hex", "hxtp_ hxtw_", HEX + "{64,110}", _SEEN),
    Token("retool", "retool_", r"[0-9A-Za-z]{26,40}", _SEEN, closed=True),
    # Delivery and registries
    Token("sonar", "squ_ sqp_ sqa_", HEX + "{40}", _SEEN, closed=True),
    Token("packagist", "packagist_ort_ packagist_out_ packagist_ora_ packagist_oua_", HEX + "{60,70}", _SEEN),
    Token("deno", "ddp_ ddo_", ALNUM + "{36}", _SEEN, closed=True),
    Token("jsr", "jsrp_ jsrd_", r"[\w\-]{30,60}", _SEEN),
    Token("gitpod", "gitpod_pat_", r"[\w.\-]{30,120}", _SEEN),
    Token("phabricator", "api- cli-", "(?=[a-z]*[0-9])[0-9a-z]{28}", _SEEN, closed=True),
    Token("chromatic", "chpt_", HEX + "{12,20}", _SEEN, closed=True),
    Token("rootly", "rootly_", HEX + "{64}", _SEEN),
    Token("firehydrant", "fhb-", HEX + "{32,64}", _SEEN),
    Token("incident_io", "inc_live_ inc_dev_", HEX + "{64}", _SEEN),
    Token("axiom", "xaat- xapt-", UUID, _SEEN),
    Token("statsig", "secret-", r"(?=[A-Za-z]*[0-9])[0-9A-Za-z]{40,50}", _SEEN, closed=True),
    Token("segment", "sgp_", r"(?=[0-9A-Za-z]*[G-Zg-z])[0-9A-Za-z]{60,70}", _SEEN, closed=True),
    Token("growthbook", "secret_user_ secret_admin_ secret_readonly_", ALNUM + "{30,60}", _SEEN),
    Token("postman_collection", "PMAT-", "[0-9A-Z]{26}", _SEEN, closed=True),
    Token("n8n", "n8n_api_", r"[\w\-.]{40,}", _SEEN),
    Token("notion_internal", "notion_", r"(?=[\w]*\d)[0-9A-Za-z]{40,50}", _SEEN, closed=True),
    Token("dependency_track", "odt_", ALNUM + "{32,50}", _SEEN, closed=True),
    Token("nats_seed", "SU SA SO SN SC", "(?=[A-Z]*[2-7])[A-Z2-7]{56}", "NATS: nkeys", closed=True),
    # Payment and shops
    Token("bip32", "xprv yprv zprv tprv", "[1-9A-HJ-NP-Za-km-z]{100,112}", "BIP-32"),
    Token("woocommerce", "ck_ cs_", HEX + "{40}", _SEEN, closed=True),
    Token("mollie", "live_ test_", "(?=[A-Za-z]*[0-9])[0-9A-Za-z]{30}", _SEEN, closed=True),
    Token("paddle", "pdl_live_apikey_ pdl_sdbx_apikey_", r"\w{40,80}", _SEEN),
    Token("xendit", "xnd_production_ xnd_development_", ALNUM + "{30,70}", _SEEN),
    Token("midtrans", "SB-Mid-server- Mid-server-", r"[\w\-]{20,40}", _SEEN),
    Token("omise", "skey_test_ skey_live_ skey_", "[0-9a-z]{15,25}", _SEEN, closed=True),
    Token("toss", "live_sk_ test_sk_ live_gsk_ test_gsk_", ALNUM + "{20,50}", _SEEN),
    Token("mercury", "mercury_production_ mercury_sandbox_", r"\w{40,200}", _SEEN),
    # Messaging, identity and work
    Token("telnyx", "KEY", r"[0-9A-F]{32}_[0-9A-Za-z]{20,24}", _SEEN, closed=True),
    Token("intercom", "dG9rO", r"[\w+/\-]{50,60}={0,2}", _SEEN, closed=True),
    Token("clickup", "pk_", r"\d{6,10}_[0-9A-Z]{32}", _SEEN, closed=True),
    Token("trello", "ATTA", HEX + "{64,72}", _SEEN),
    Token("stytch", "secret-test- secret-live-", r"[\w\-]{36}={0,2}", _SEEN),
    Token("ory", "ory_at_ ory_rt_ ory_ac_ ory_pat_ ory_apikey_", r"[\w\-]{32,43}(?:\.[\w\-]{43})?", _SEEN),
    Token("pusher_webhook", "svix_ testsk_ sk_svix_", r"[\w\-]{20,60}(?:\.[a-z]{2})?", _SEEN),
    Token("foursquare", "fsq3", r"[\w+/]{43}={0,1}", _SEEN),
    Token("ntlm", "TlRMTVNTUAAD", "[0-9A-Za-z+/]{60,}={0,2}", "MS-NLMP: AUTHENTICATE_MESSAGE in base64"),
    Token("besttime", "pri_", HEX + "{32}", _SEEN, closed=True),
)
