"""Which language a text is in: its script, or the small words that every sentence needs. Pure.

Short texts, code and mixtures get None: a wrong language is worse than none. The lists are ours: the most frequent
words of each language that the other languages written in Latin letters do not share.
"""

from __future__ import annotations

import re
from typing import Final

from streams.privacy.listed import words as _words

LATIN: Final = ("en", "de", "fr", "es", "it", "pt", "nl")
SCRIPTS: Final = ("zh", "ja", "ko", "ru", "ar", "he")
_SAMPLE = 2000  # code points looked at: from the beginning, as of the prompt's own words
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_SCRIPT = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),  # kana; Japanese also has the signs of Chinese, so it comes first
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile(r"[\u3400-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
)
_NOT_RUSSIAN = re.compile(r"[\u0456\u0457\u0454\u0491\u045e\u0458\u0459\u045a\u045b\u045f\u0452]", re.IGNORECASE)
_NOT_ARABIC = re.compile(r"[\u067e\u0686\u0698\u06af\u06cc\u06a9\u06d2]")  # letters of Persian and Urdu
_LETTER = re.compile(r"[^\W\d_]")
_WORDS = 150  # words looked at
_SHARE = 0.3  # of the letters, for a script to be the text's
_KANA = 0.05  # of the letters, for Chinese signs to be Japanese
_LEAST = 3  # words of the language
_RATIO = 0.12  # of all words
_LEAD = 1.7  # times the next language


COMMON: Final[dict[str, frozenset[str]]] = {
    "en": _words(
        "the and of to is that it you for with this was are have not be on as at they we he she his her from by or "
        "but what all were when your can there which their if will how would been has more who about up them than "
        "its our i my an so do no could should please don't it's i'm did get just"
    ),
    "de": _words(
        "der die das und ist nicht ich sie ein eine zu den von mit es auf für dem sich des im auch wir wird bei "
        "noch aber einen einer dass oder nach wenn kann haben sind hat wie über zum zur mir bitte du ihr habe "
        "durch nur schon mehr keine einem was war aus werden unter vor bis uns diese dieser danke"
    ),
    "fr": _words(
        "le la les des et est un une du que pas pour dans qui ce sur avec je vous il au ne nous sont par plus mais "
        "cette aux elle ou être avoir fait ont leur à c'est j'ai n'est tout bien merci bonjour votre mon ses ces "
        "comme si très où aussi peut d'un d'une qu'il l'on s'il"
    ),
    "es": _words(
        "el la los las de que y es un una por con para no se del al lo como más pero sus le ya este sí porque esta "
        "son entre está cuando muy sin sobre también hasta hay donde quien desde todo nos usted gracias hola estoy "
        "tiene puede mi su era fue están tengo hace ser eso"
    ),
    "it": _words(
        "il la le gli di che è un una per con non sono del della dei nel nella si da anche come più ma questo "
        "questa ho ha hanno alla al dal sul suo sua loro essere molto quando perché c'è dell'anno grazie ciao mi "
        "ti ci lo delle degli alle ai nei tutto fatto stato già cosa o e"
    ),
    "pt": _words(
        "o a os as de que e é um uma para com não se do da dos das no na por mais como mas foi ao ele ela são seu "
        "sua ou quando muito nos já está eu também só pelo pela até isso entre depois sem mesmo obrigado olá você "
        "tem meu minha estou esta este nas pode fazer"
    ),
    "nl": _words(
        "de het een en van ik te dat die in is niet zijn op met voor er maar om hem dan zou of wat mijn men dit zo "
        "door over ze zich bij ook tot je mij uit der daar haar naar heb hoe heeft hebben deze u want nog zal me "
        "zij nu ge geen wij wordt worden kan graag bedankt we hij aan als"
    ),
}
_LANGUAGES = {
    word: tuple(language for language in LATIN if word in COMMON[language])
    for words in COMMON.values()
    for word in words
}


def detect(text: str) -> str | None:
    """The code of the language (ISO 639-1) that most of the text is in, one of `LATIN` and `SCRIPTS`, or None.

    Looks at the first 2,000 code points and the first 150 words in them.

    None for texts of a few words, for code, and for languages not listed that
    are written in Latin letters, unless they are close to one that is.
    """
    sample = text[:_SAMPLE]
    if not sample.isascii() and (script := _by_script(sample)):
        return script if script != "?" else None
    words = _WORD.findall(sample.lower().replace("\u2019", "'"))[:_WORDS]
    if len(words) < _LEAST:
        return None
    scores = dict.fromkeys(LATIN, 0.0)
    hits = dict.fromkeys(LATIN, 0)
    for languages in [_LANGUAGES[word] for word in words if word in _LANGUAGES]:
        for language in languages:
            scores[language] += 1 / len(languages)
            hits[language] += 1
    best, second = sorted(LATIN, key=lambda language: -scores[language])[:2]
    sure = hits[best] >= _LEAST and hits[best] >= _RATIO * len(words) and scores[best] >= _LEAD * scores[second]
    return best if sure else None


def _by_script(sample: str) -> str | None:
    """The language of a script other than Latin; `?` if the script is known and the language is not."""
    letters = len(_LETTER.findall(sample))
    if not letters:
        return None
    counts = {language: len(signs.findall(sample)) for language, signs in _SCRIPT}
    east = counts["ja"] + counts["zh"]
    if east > _SHARE * letters:
        return "ja" if counts["ja"] > _KANA * letters else "zh"
    for language in ("ko", "ru", "ar", "he"):
        if counts[language] > _SHARE * letters:
            other = (language == "ru" and _NOT_RUSSIAN.search(sample)) or (
                language == "ar" and _NOT_ARABIC.search(sample)
            )
            return "?" if other else language
    return None
