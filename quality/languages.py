"""What language a text looks like: by its script, else by its most frequent small words. Coarse, cheap and pure.

Good enough to see that a tool's users, or a broken producer, suddenly write another language; no more is asked of it.
"""

from __future__ import annotations

import re
from collections import Counter

NONE = "none"  # too few words to tell, as in most code
_MOST = 4_000  # characters that are looked at
_FEWEST = 3  # small words that tell
_SHARE = 0.3  # of the letters, from which another script tells
_WORD = re.compile(r"[^\W\d_]+")
_SCRIPTS = {
    "zh": re.compile(r"[\u4e00-\u9fff]"),
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[\uac00-\ud7af]"),
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
    "el": re.compile(r"[\u0370-\u03ff]"),
    "he": re.compile(r"[\u0590-\u05ff]"),
    "hi": re.compile(r"[\u0900-\u097f]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
}
# None of the others is an English word: what is written about code is mostly English.
SMALL = {
    "en": "the and of to is that for it with this be are you have not was from they will would can which in on as do",
    "de": "der und das ist nicht ein eine mit den von zu auf wir ich sie für dass auch wird bitte noch dem des",
    "fr": "le la les et des est une que dans pas sur avec nous vous ce qui au du sont être cette ont",
    "es": "el los las y del que una por con para se es su pero está este esta hay cuando muy sus",
    "it": "il di che è per una gli sono del della nel questo anche più alla dei questa perché dal nella",
    "pt": "os da que um uma para com não por mais dos em na foi são você isso também ao pelo",
    "nl": "het een en van dat niet te zijn voor met ik aan er maar ook wij naar deze wordt bij",
    "pl": "w nie na się z że jest jak ale przez dla tak czy już tylko być są oraz który może",
}
_OF: dict[str, tuple[str, ...]] = {}
for _language, _words in SMALL.items():
    for _one in _words.split():
        _OF[_one] = (*_OF.get(_one, ()), _language)


def looks_like(text: str) -> str:
    """A two-letter code, or `NONE`."""
    text = text[:_MOST]
    letters = sum(map(str.isalpha, text))
    for code, script in _SCRIPTS.items():
        # Japanese has Chinese characters too, so a little of its own script is enough.
        if code != "zh" and len(script.findall(text)) > _SHARE / (3 if code == "ja" else 1) * max(letters, 1):
            return code
    if len(_SCRIPTS["zh"].findall(text)) > _SHARE * max(letters, 1):
        return "zh"
    found: Counter[str] = Counter()
    for word in _WORD.findall(text.lower()):
        for language in _OF.get(word, ()):
            found[language] += 1
    best = found.most_common(2)
    if not best or best[0][1] < _FEWEST or (len(best) > 1 and best[0][1] == best[1][1]):
        return NONE
    return best[0][0]
