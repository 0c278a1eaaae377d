"""Tokens by their prefix: further products, whose prefix is of their own and long enough to be told by. Pure.

Sources are as in `tokens`, or the pages of who issues them.
"""

from __future__ import annotations

from streams.privacy.secrets.rules import ALNUM, HEX, UUID, Token

_SEEN = "format as seen in the wild"

TOKENS: tuple[Token, ...] = (
    # With a dot or a slash in them
    Token("zoho", "1000.", HEX + r"{32}\." + HEX + "{32}", "Zoho accounts: OAuth 2.0, refresh tokens", closed=True),
    Token("baidu", "bce-v3/ALTAK-", ALNUM + "{15,30}/" + HEX + "{40}", "Baidu Qianfan: API keys", closed=True),
    Token("infisical", "st.", UUID + r"\." + HEX + r"{32}\." + HEX + "{32}", _SEEN, closed=True),
    Token("discord_user", "mfa.", r"[\w\-]{84}", _SEEN, closed=True),
    Token("linkedin", "WPL_AP0. WPL_AP1.", ALNUM + r"{16}\." + ALNUM + "{6,8}={0,2}", _SEEN),
    Token("vk", "vk1.a.", r"[\w\-]{80,220}", _SEEN, closed=True),
    Token("flagsmith", "ser.", "(?=[0-9A-Za-z]*[A-Z])(?=[0-9A-Za-z]*[0-9])[0-9A-Za-z]{22}", _SEEN, closed=True),
    Token("pushbullet", "o.", "(?=[A-Za-z]*[0-9])(?=[^A-Z]*[A-Z])[0-9A-Za-z]{32}", _SEEN, closed=True),
    Token("snyk", "snyk_uat. snyk_sat.", HEX + r"{8}\.[\w\-]{40,}\.[\w\-]{40,}", _SEEN),
    Token("warp", "wk-1.", HEX + "{64}", _SEEN, closed=True),
    Token("github_app", "v1.", HEX + "{40}", "GitHub: installation tokens before 2021", closed=True),
    Token("endor", "endr+", ALNUM + "{16}", _SEEN, closed=True),
    Token("aws_session", "IQoJb3JpZ2lu FwoGZXIvYXdz", r"[0-9A-Za-z+/]{80,}={0,2}", "AWS: session tokens"),
    # Without
    Token("matrix", "syt_", r"[0-9A-Za-z]{2,60}_[0-9A-Za-z]{20}_[0-9A-Za-z]{6}", "Synapse: access tokens", closed=True),
    Token("onesignal", "os_v2_app_ os_v2_org_", "[2-7a-z]{80,110}", _SEEN, closed=True),
    Token("devcycle", "dvc_server_ dvc_client_ dvc_mobile_", HEX + "{6,10}_" + UUID, _SEEN, closed=True),
    Token("appwrite", "standard_", HEX + "{128,256}", _SEEN, closed=True),
    Token("localstack", "ls-", r"\w{6,10}(?:-\w{4}){3}-\w{12}", _SEEN, closed=True),
    Token("persona", "persona_sandbox_ persona_production_", UUID, _SEEN, closed=True),
    Token("sanity", "sk", "(?=[A-Za-z]{0,40}[0-9])[0-9A-Za-z]{178}", _SEEN, closed=True),
    Token("amp", "sgamp_user_", "[0-9A-Z]{26}_" + HEX + "{64}", _SEEN, closed=True),
    Token("upcloud", "ucat_", "[0-9A-Z]{26}", _SEEN, closed=True),
    Token("dify", "app- dataset-", "(?=[A-Za-z]*[0-9])(?=[^A-Z]*[A-Z])[0-9A-Za-z]{24}", _SEEN, closed=True),
    Token("trigger", "tr_prod_ tr_dev_ tr_stg_ tr_preview_ tr_pat_", ALNUM + "{20,40}", _SEEN, closed=True),
    Token("courier", "pk_prod_ dk_prod_ pk_test_ dk_test_", "[0-9A-Z]{28}", _SEEN, closed=True),
    Token("klaviyo", "pk_", HEX + "{34}", _SEEN, closed=True),
    Token("exoscale", "EXO", HEX + "{24}", _SEEN, closed=True),
    Token("databento", "db-", ALNUM + "{29}", _SEEN, closed=True),
    Token("gcp_hmac", "GOOG1E", "[0-9A-Z]{55,58}", "Google Cloud Storage: HMAC keys", closed=True, words=True),
    Token("zuplo", "zpka_", HEX + "{32}_" + HEX + "{8}", _SEEN, closed=True),
    Token("porkbun", "sk1_ pk1_", HEX + "{64}", _SEEN, closed=True),
    Token("polar", "polar_oat_ polar_pat_ polar_whs_ polar_at_ polar_rt_", ALNUM + "{30,60}", _SEEN),
    Token("dnsimple", "dnsimple_a_ dnsimple_u_", ALNUM + "{28,36}", _SEEN, closed=True),
    Token("backblaze", "K001 K002 K003 K004 K005", "[0-9A-Za-z+/]{27}(?![+/=])", _SEEN, closed=True),
    Token("imagekit", "private_", "(?=[A-Za-z+/]*[0-9])[0-9A-Za-z+/]{26,27}=", _SEEN),
    Token("ramp", "ramp_tok_ ramp_sec_", ALNUM + "{32,60}", _SEEN),
    Token("contentstack", "cs", HEX + "{40}", _SEEN, closed=True),
    Token("socket", "sktsec_", r"[\w\-]{40,50}_api", _SEEN, closed=True),
    Token("canva", "cnvca", r"[\w\-]{32,50}", _SEEN, closed=True),
    Token("zenhub", "zh_", HEX + "{64}", _SEEN, closed=True),
    Token("brave", "BSA", r"(?=[\w\-]*\d)(?=[\w\-]*[a-z])[\w\-]{28}", _SEEN, closed=True),
    Token("factory", "fk-", r"(?=[\w\-]*\d)(?=[\w\-]*[A-Z])[\w\-]{43,80}", _SEEN, closed=True),
    Token("yandex_oauth", "y0_ y1_", r"[\w\-]{50,60}", _SEEN, closed=True),
    Token("honeybadger", "hbp_", ALNUM + "{36}", _SEEN, closed=True),
    Token("jenkins", "11", HEX + "{32}", "Jenkins: API tokens", closed=True),
)
