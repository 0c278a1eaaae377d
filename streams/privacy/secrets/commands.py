"""Passwords by their place: what commands, calls and the settings of devices and daemons take them as. Pure.

Sources are said row by row: the manual of the command or library.
"""

from __future__ import annotations

import re

from streams.privacy.secrets.rules import Structure, ascii_pattern
from streams.privacy.secrets.values import is_code, is_stand_in, word_share

_V = r"[\"']?(?P<v>(?![\-$<{%/*])[^\s\"'`]{4,128})"
_LINE = r"\b[^\n]{0,200}?"
_ENDS = r"(?=[.!?:]?(?:[\s\"'`,;()]|\Z))"  # a sentence's or a word's: hosts and mail addresses go on
# A mail address; one of our placeholders in an identifier
_NONE = re.compile(r"[^\s@]{1,64}@[\w\-]+(?:\.[\w\-]+)+\Z|[A-Z_]{3,}_[0-9a-f]{4,}\Z")
_WORDY = 0.5  # share in words from which it is a word, in a sentence
_COMMON = frozenset(("public", "private", "none", "null", "true", "false"))


def _is_written(value: str) -> bool:
    """A password that stands as it is, where nothing else can stand."""
    return not is_stand_in(value) and len(set(value)) > 2 and value.lower() not in _COMMON  # noqa: PLR2004 - "aaaa"


def _is_mixed(value: str) -> bool:
    """Letters and a digit or a sign: where a word may mean something else."""
    return (
        _is_written(value)
        and not is_code(value)
        and _NONE.match(value) is None
        and any(c.isdigit() for c in value)
        and any(c.isalpha() for c in value)
        and (not value.isalnum() or any(c.isdigit() for c in value[1:-1]) or word_share(value) < _WORDY)
    )


def _is_told(value: str) -> bool:
    """The same in a sentence, where versions, sizes and names stand as well."""
    return _is_mixed(value) and word_share(value) < _WORDY and not value[0].isdigit()


def _command(name: str, marks: str, expression: str, source: str, gate: str = "") -> Structure:
    pattern = ascii_pattern(expression, re.IGNORECASE)
    return Structure(name, marks, pattern, source, gate=gate, folded=True, check=_is_written, score=0.8)


COMMANDS: tuple[Structure, ...] = (
    _command(
        "command_password",
        "psexec rdesktop cqlsh winexe plink pscp mosquitto_ zip isql bcp osql influx",
        rf"(?:(?:psexec|rdesktop|cqlsh|winexe){_LINE}\s-p[ =]|(?:plink|pscp){_LINE}\s-pw |influx{_LINE}\s-password[ =]"
        rf"|(?-i:(?:mosquitto_(?:pub|sub)|zip|isql|bcp|osql){_LINE}\s-P[ ]?))" + _V,
        "manuals of the commands",
        gate=" -p",
    ),
    _command("az_login", "login", rf"login{_LINE}\s(?:-p|--password)[ =]" + _V, "Azure CLI", gate="az login"),
    _command("seven_zip", "7z", rf"7z[ar]?{_LINE}\s-p" + _V, "7z", gate=" -p"),
    _command(
        "smb_password",
        "smbclient rpcclient smbmap",
        rf"(?:smbclient|rpcclient|smbmap){_LINE}\s-U[ =]?[\"']?[^\s%\"']{{1,60}}%" + _V,
        "smbclient(1)",
        gate=" -U",
    ),
    _command("rdp_password", "xfreerdp mstsc", rf"(?:xfreerdp|mstsc){_LINE}\s/p:" + _V, "xfreerdp(1)", gate="/p:"),
    _command("lftp", "lftp", rf"lftp{_LINE}\s-u\s[^\s,]{{1,60}}," + _V, "lftp(1)", gate="lftp"),
    _command(
        "htpasswd_batch",
        "htpasswd",
        r"htpasswd\s{1,9}-\w{0,9}\s{1,9}\S{1,200}\s{1,9}\S{1,200}\s{1,9}" + _V,
        "htpasswd(1)",
        gate=" -",
    ),
    _command(
        "rabbitmq",
        "rabbitmqctl",
        r"rabbitmqctl\s(?:add_user|change_password|authenticate_user)\s{1,9}\S{1,200}\s{1,9}" + _V,
        "rabbitmqctl(8)",
    ),
    _command(
        "net_use",
        "net",
        rf"net use{_LINE}(?:/user:\S{{1,200}}\s{{1,9}}|\\\\\S{{1,200}}\s{{1,9}}(?=\S{{1,200}}\s{{1,9}}/user:))" + _V,
        "Windows: net use",
        gate="net use",
    ),
    _command(
        "net_user",
        "net",
        rf"net user\s{{1,9}}[\w.\-]{{1,80}}\s{{1,9}}{_V}\s{{1,9}}/add",
        "Windows: net user",
        gate="net use",
    ),
    _command(
        "oracle",
        "sqlplus oracle:thin:",
        r"(?:sqlplus\b[^\n]{0,60}?\s[\"']?\w{1,80}|oracle:thin:\w{1,80})/(?P<v>[^\s@\"'/]{3,128})@",
        "SQL*Plus, Oracle's JDBC driver",
        gate="@",
    ),
    _command(
        "sudo_echo",
        "echo",
        r"echo\s(?:-n\s)?[\"']?(?P<v>[^\s\"'$|]{6,128})[\"']?\s*\|\s*sudo\s{1,9}-S",
        "sudo(8)",
        gate="sudo",
    ),
    _command(
        "chpasswd",
        "echo",
        r"echo\s(?:-e\s|-n\s)?[\"']?[\w.\-]{1,40}:(?P<v>[^\s\"'$|]{4,128})[\"']?\s*\|\s*(?:sudo\s)?chpasswd",
        "chpasswd(8)",
        gate="chpasswd",
    ),
    _command(
        "expect",
        "assword",
        r"assword[^\n]{0,20}\"\s{1,12}(?:exp_)?send(?:\s--)?\s\"(?P<v>[^\"\\$]{4,128})",
        "expect(1)",
        gate="send",
    ),
    _command("netsh", "netsh", rf"netsh\s{{1,9}}wlan{_LINE}\skey(?:material)?=" + _V, "Windows: netsh wlan", gate="="),
    _command(
        "kubeadm",
        "--token",
        r"--token[ =](?P<v>[0-9a-z]{6}\.[0-9a-z]{16})(?![0-9a-z])",
        "kubeadm: bootstrap tokens",
        gate="--",
    ),
    # Devices and daemons
    Structure(
        "device_password",
        "password",
        ascii_pattern(
            r"password[ ](?:encrypted[ ])?[0456789][ ]"
            r"(?P<v>(?=\S{0,128}\d)(?=\S{0,128}[A-Fa-f$])[^\s\"']{6,128}|\d{8,60})",
            re.IGNORECASE,
        ),
        "Cisco IOS: types of passwords",
        gate="pass",
        folded=True,
        check=_is_written,
        score=0.8,
    ),
    _command(
        "device_key",
        "-server isakmp",
        r"(?:-server\s(?:community|(?:host\s\S{1,200}\s)?key(?:\s[067])?)|isakmp\skey(?:\s[06])?)\s" + _V,
        "Cisco IOS",
    ),
    _command(
        "daemon_password",
        "requirepass insecure-password",
        r"(?:requirepass|insecure-password)[ \t]+" + _V,
        "Redis, HAProxy: configuration",
        gate="pass",
    ),
    _command(
        "snmp_user", "createuser", r"createuser\s{1,9}\S{1,200}\s{1,9}(?:md5|sha\w*)\s{1,9}" + _V, "snmpd.conf(5)"
    ),
    _command("proxy_login", "login=", r"\blogin=[\w.@\-]{1,60}:" + _V, "Squid: cache_peer", gate="="),
    _command("wifi_key", "psk=", r"\bpsk=\"(?P<v>[^\"\n]{8,63})\"", "wpa_supplicant.conf(5)", gate="="),
    _command(
        "wordpress_salt",
        "define(",
        r"define\(\s{0,3}'\w{1,20}_SALT',\s{0,9}[\"'](?P<v>[^\"'\n]{40,120})[\"']",
        "WordPress: wp-config.php",
        gate="define(",
    ),
    _command(
        "seed_phrase",
        "mnemonic phrase",
        r"(?:mnemonic|phrase)[\"']?\s{0,2}(?:is\s)?[:=]\s{0,2}[\"'`]?"
        r"(?P<v>[a-z]{3,8}(?: [a-z]{3,8}){11,23})(?![ \w])",
        "BIP-39",
    ),
    # Calls
    Structure(
        "call_pair",
        "connect( connection( mysqli( pdo( login( auth( credential( credentials( authentication(",
        ascii_pattern(
            r"(?:connect|connection|mysqli|pdo|login|auth|credentials?|authentication)\(\s{0,9}(?:(?:[^()\"'\n]{1,60}|\"[^\"\n]{0,120}\"|'[^'\n]{0,120}'),\s{0,9}){1,2}"
            r"[\"'](?P<v>[^\s\"']{4,128})[\"']",
            re.IGNORECASE,
        ),
        "pairs of name and password in calls",
        gate="(",
        folded=True,
        check=_is_mixed,
        score=0.75,
    ),
    Structure(
        "call_password",
        "password( passphrase(",
        ascii_pattern(r"pass(?:word|phrase)\(\s{0,9}[\"'`](?P<v>[^\s\"'`]{4,128})[\"'`]\s{0,9}\)", re.IGNORECASE),
        "setters and builders",
        gate="pass",
        folded=True,
        check=_is_mixed,
        score=0.75,
    ),
    # Sentences
    Structure(
        "told_password",
        "password passcode passphrase",
        ascii_pattern(
            r"pass(?:word|phrase|code)s?[ ](?:(?:for|of|to|on)[ ][^\n.:;]{1,40}?[ ](?:is|was|=|:)[ ]?)?[\"'`]?"
            r"(?P<v>(?!\S{1,64}@[\w\-]+\.)[^\s\"'`.,;()]{7,40})" + _ENDS,
            re.IGNORECASE,
        ),
        "passwords in sentences",
        gate="pass",
        folded=True,
        check=_is_told,
        score=0.6,
    ),
    Structure(
        "told_pair",
        "creds credentials n/password e/password r/pass",
        ascii_pattern(
            r"(?:creds|credentials|[ner]/pass(?:word)?)[ ]?(?:are|is|:|=)?[ ]?[\"'`]?[\w.@\-]{2,60}"
            r"[ ]?[/:][ ]?(?P<v>(?!\S{1,64}@[\w\-]+\.)[^\s\"'`/,;()]{6,40}?)" + _ENDS,
            re.IGNORECASE,
        ),
        "passwords in sentences",
        folded=True,
        check=_is_told,
        score=0.6,
    ),
    # Addresses that are keys
    Structure(
        "hook_address",
        "/bot/v2/hook/ webhook/send?key= hook. maker.ifttt.com hc-ping.com",
        ascii_pattern(
            r"(?:open\.(?:feishu|larksuite)\.\w{2,3}/open-apis/bot/v2/hook/|qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key="
            r"|hook\.[a-z]{2}\d\.make\.com/|maker\.ifttt\.com/(?:use/|trigger/\w{1,60}/(?:json/)?with/key/)|hc-ping\.com/)"
            r"(?P<v>[\w\-]{20,60})"
        ),
        "Lark, WeCom, Make, IFTTT, Healthchecks: webhooks",
        back=60,
        near=True,
    ),
)
