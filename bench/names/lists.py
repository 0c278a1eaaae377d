"""Lists of names, places and common words, from what is installed.

From Faker (MIT), phonenumbers (Apache-2.0), tzdata, the corpora, and the documentation inside the standard library and
the installed packages; `own_lists.txt` is ours.
"""

from __future__ import annotations

import importlib
import re
import sysconfig
import unicodedata
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faker.config import AVAILABLE_LOCALES

from bench.names.romanise import romanised
from streams.privacy.directory.words import common as spelled
from streams.privacy.names import lexicon as lx
from streams.privacy.names import prose, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from random import Random

    from bench.names.corpora import Sample

_OWN = Path(__file__).with_name("own_lists.txt")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f][A-Za-z\u00c0-\u024f'\u2019\-]+\Z")
_PROSE = re.compile(r"(?<![\w.(/'\"`=\[])[a-z]{2,}(?=(?:, | )[a-z]{2,}[ ,.\n])")
_SMALL = re.compile(r"(?<![\w@#./'])[a-z]{2,}(?![\w@/'])")
_CITIES = 30_000
_DOCUMENTATION = 0.25  # share of the files
_SHORT, _LONG = 20, 300  # code points of a line
_OF_PEOPLE = lx.GIVEN_OFTEN | lx.SURNAME_OFTEN  # no place because of `Saint Paul` and `Port Charles`
_OFTEN = 3 * lx.COMMON  # a listed word that is written small very often: "Will", "Page"
_CAPITAL = re.compile(r"[a-z,] [A-Z]")
_CREDIT = re.compile(
    r"(?i)\b(?:by|author|thanks|contributed|copyright|mr|dr|algorithm|et al|named after)\b|@|[A-Z]\. [A-Z]"
)
_ENGLISH = ("en", "en_US", "en_GB", "en_IN", "en_IE", "en_NZ", "es_MX", "fr_FR", "de_DE", "it_IT", "nl_NL", "pl_PL")


def names() -> tuple[Counter[str], Counter[str]]:
    """Given names and surnames in Latin script, with the number of Faker's locales that have them."""
    given: Counter[str] = Counter()
    surnames: Counter[str] = Counter()
    for locale in sorted(AVAILABLE_LOCALES):
        provider = _provider("person", locale)
        weight = 2 if locale in _ENGLISH[1:] else 1
        for word in sorted(_words(provider, "first_name")):
            given[word] += weight
        for word in sorted(_words(provider, "last_name")):
            surnames[word] += weight
    for section, words in own().items():
        if section in ("given", "surname"):
            (given if section == "given" else surnames).update(dict.fromkeys(words, 2))
    return given, surnames


def own() -> dict[str, list[str]]:
    """Our own lists, by section."""
    sections: dict[str, list[str]] = {}
    for row in _OWN.read_text("utf-8").splitlines():
        if row.startswith("["):
            current = sections.setdefault(row.strip("[]"), [])
        elif row and row[0] != "#":
            current.extend(row.replace(";", " ").split() if ";" not in row else [one.strip() for one in row.split(";")])
    return sections


def places() -> tuple[set[str], set[str], list[str]]:
    """Countries and states; the names of cities; and the same cities as a sorted list, the best known first."""
    countries: set[str] = set(own()["country"])
    cities: Counter[str] = Counter(dict.fromkeys(own()["city"], 50))
    for locale in sorted(AVAILABLE_LOCALES):
        provider = _provider("address", locale)
        for attribute in ("countries", "states", "provinces", "federal_states", "regions"):
            found = getattr(provider, attribute, ())
            rows = found if isinstance(found, (list, tuple)) else ()
            countries.update(
                name for row in rows for name in _flat(row) if _LATIN.match(name.split(" ")[0]) and len(name) > 3
            )
        for attribute in ("cities", "city_names", "municipalities", "towns"):
            rows = getattr(provider, attribute, ())
            cities.update(name for row in (rows if isinstance(rows, (list, tuple)) else ()) for name in _flat(row))
    for name in _phone_places():
        cities[name] += 1
    for zone in (Path(sysconfig.get_paths()["purelib"]) / "tzdata" / "zones").read_text().split():
        if "/" in zone and not zone.startswith("Etc"):
            cities[zone.rpartition("/")[2].replace("_", " ")] += 10
    known = [
        name
        for name, _ in sorted(cities.items(), key=lambda one: (-one[1], one[0]))[:_CITIES]
        if name and name[0].isupper() and name[0].isascii() and len(name) > 2
    ]
    return countries, set(known), known


def common(samples: Iterable[Sample]) -> Counter[str]:
    """How often words are written small in running text."""
    counts: Counter[str] = Counter()
    for text in _documentation():
        counts.update(match[0] for match in _PROSE.finditer(text))
    for sample in samples:
        named = {word.lower() for start, end, _ in sample.spans for word in sample.text[start:end].split()}
        counts.update({word: 8 for word in _SMALL.findall(sample.text) if word not in named})
    counts.update(dict.fromkeys(own()["common"], 40))
    return counts


def lexicon_bits(samples: Iterable[Sample]) -> dict[str, int]:
    """The bits of every word of the lists (`streams.privacy.names.lexicon`)."""
    given, surnames = names()
    countries, cities, _ = places()
    well_known = {*own()["city"], *countries}  # Austin and Georgia; any other given name is a village somewhere
    small = common(samples)
    bits: Counter[str] = Counter()

    def put(word: str, bit: int) -> None:
        for way in {word.lower(), _plain(word.lower())}:
            bits[way] |= bit

    for word, n in given.items():
        put(word, lx.GIVEN | (lx.GIVEN_OFTEN if n > 1 else 0))
    for word, n in surnames.items():
        put(word, lx.SURNAME | (lx.SURNAME_OFTEN if n > 1 else 0))
    for bit, listed in ((lx.PLACE, cities), (lx.COUNTRY, countries)):
        for name in listed:
            for word in re.split(r"[\s/]+", name):
                if (
                    _LATIN.match(word)
                    and len(word) > 2
                    and word[0].isupper()
                    and (name in well_known or not bits[word.lower()] & lx.GIVEN_OFTEN)
                    and (" " not in name or (small[word.lower()] < 30 and not bits[word.lower()] & _OF_PEOPLE))
                ):
                    put(word, bit)
    for word, n in small.items():
        level = 0 if n < 3 else 1 if n < 20 else 2 if n < 150 else 3
        if level > 1 or (level == 1 and not bits[word] & (lx.PEOPLE | lx.PLACE | lx.COUNTRY)):
            bits[word] |= level * lx.COMMON
    for word in spelled():  # a word by the dictionary, however rare: no name because it begins a sentence
        if len(word) > 2 and bits[word] < lx.COMMON:
            bits[word] |= lx.COMMON
    return {word: value for word, value in sorted(bits.items()) if value and word}


def _plain(word: str) -> str:
    """The word without accents."""
    return "".join(letter for letter in unicodedata.normalize("NFD", word) if not unicodedata.combining(letter))


def nameless(lexicon: lx.Lexicon, random: Random, most: int) -> list[str]:
    """Lines of prose from documentation that have capitals in the middle and no word of any list: they name nobody."""
    lines: list[str] = []
    for text in _documentation():
        if random.random() < _DOCUMENTATION:
            lines += [
                text[first:last].replace("\n", " ")
                for start, end in prose.stretches(text)
                for first, last in tokens.spans(text, start, end)
                if _SHORT < last - first < _LONG
                and _CAPITAL.search(text, first, last)
                and _names_nobody(text[first:last], lexicon)
            ]
    return random.sample(lines, min(most, len(lines)))


def _names_nobody(line: str, lexicon: lx.Lexicon) -> bool:
    listed = lx.PEOPLE | lx.PLACE | lx.COUNTRY
    return not _CREDIT.search(line) and not any(
        (bits := lexicon.bits(word)) & listed and bits < _OFTEN for word in tokens.words(line) if word[0].isupper()
    )


def _documentation() -> Iterator[str]:
    """Source files of the standard library and of the installed packages, in order of their names."""
    roots = [Path(sysconfig.get_paths()["stdlib"]), Path(sysconfig.get_paths()["purelib"])]
    for root in roots:
        for path in sorted(root.rglob("*.py")):
            if "site-packages" in path.parts and root is roots[0]:
                continue
            if (
                "faker" in path.parts
                or "geodata" in path.parts
                or "lang" in path.parts
                or path.stat().st_size > 500_000
            ):
                continue
            yield path.read_text("utf-8", errors="ignore")


def _phone_places() -> Iterator[str]:
    for number in range(40):
        try:
            module = importlib.import_module(f"phonenumbers.geodata.data{number}")
        except ImportError:
            return
        for row in module.data.values():
            if (name := row.get("en")) and len(name) < 40:
                yield name.partition(",")[0].partition("/")[0].strip()


def _provider(kind: str, locale: str) -> Any:
    try:
        return importlib.import_module(f"faker.providers.{kind}.{locale}").Provider
    except ImportError:
        return None


def _words(provider: Any, start: str) -> set[str]:
    return {
        word
        for attribute in dir(provider)
        if attribute.startswith(start)
        for row in _rows(getattr(provider, attribute))
        for name in _flat(row)
        for word in (name if name.isascii() else romanised(name) or name).split()
        if _LATIN.match(word) and word[0].isupper()
    }


def _rows(found: object) -> Iterable[Any]:
    return found if isinstance(found, (list, tuple, dict, set)) else ()


def _flat(row: Any) -> list[str]:
    return (
        [row]
        if isinstance(row, str)
        else [one for one in row if isinstance(one, str)]
        if isinstance(row, (list, tuple))
        else []
    )
