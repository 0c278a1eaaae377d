"""Models of the user's choice: a real spaCy model made here; the chunks of the others with a predictor given in."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from streams.privacy import models
from streams.surrogates import Found

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spaCy pipeline that knows two people and a town."""
    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns(
        [
            {"label": "PERSON", "pattern": "Lena Okoro"},
            {"label": "GPE", "pattern": "Ljubljana"},
            {"label": "DATE", "pattern": "Tuesday"},
        ]
    )
    path = tmp_path_factory.mktemp("model")
    pipeline.to_disk(path)
    return path


def test_a_spacy_model_finds_under_our_names(folder: Path) -> None:
    recogniser = models.load(f"spacy:{folder}")
    text = "On Tuesday Lena Okoro flew to Ljubljana."
    assert recogniser.find(text) == [Found(11, 21, "PERSON", 0.85), Found(30, 39, "LOCATION", 0.85)]
    (result,) = recogniser.analyze(text, ["LOCATION"])
    assert (result.entity_type, result.start, result.end, result.score) == ("LOCATION", 30, 39, 0.85)


def test_the_recogniser_works_in_presidios_registry(folder: Path) -> None:
    recogniser = models.load(f"spacy:{folder}")
    assert recogniser.supported_language == "en"
    assert set(recogniser.get_supported_entities()) == set(models.ENTITIES)
    assert models.load(f"spacy:{folder}", language="de").supported_language == "de"


@pytest.mark.parametrize("setting", ["", "spacy", "spacy:", "flair:/tmp", "en_core_web_lg"])
def test_a_setting_of_another_form_is_refused(setting: str) -> None:
    with pytest.raises(models.ModelUnavailableError, match="kind:folder"):
        models.load(setting)


@pytest.mark.parametrize("kind", models.KINDS)
def test_nothing_is_downloaded_a_missing_folder_is_an_error(kind: str, tmp_path: Path) -> None:
    with pytest.raises(models.ModelUnavailableError, match="there is none"):
        models.load(f"{kind}:{tmp_path / 'absent'}")


def test_a_folder_without_a_model_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(models.ModelUnavailableError, match="could not be read"):
        models.load(f"spacy:{tmp_path}")


def test_a_pipeline_that_finds_nothing_is_an_error(tmp_path: Path) -> None:
    spacy.blank("en").to_disk(tmp_path)
    with pytest.raises(models.ModelUnavailableError, match="finds entities"):
        models.load(f"spacy:{tmp_path}")


@pytest.mark.parametrize("kind", ["transformers", "gliner"])
def test_a_missing_package_is_named(kind: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(kind):
        pytest.skip(f"{kind} is installed here")
    with pytest.raises(models.ModelUnavailableError, match=f"pip install {kind}"):
        models.load(f"{kind}:{tmp_path}")


def lenas(text: str) -> list[Found]:
    """A model that knows one name, and reads thirty words as GLiNER reads 384 tokens."""
    seen = " ".join(text.split(" ")[:30])
    return [Found(at, at + 10, "PERSON", 0.9) for at in range(len(seen)) if seen.startswith("Lena Okoro", at)]


@given(st.lists(st.sampled_from(["Lena Okoro", "and", "saw", "the", "cat"]), max_size=300))
def test_a_model_that_truncates_still_sees_the_whole_text(words: list[str]) -> None:
    text = " ".join(words)
    expected = [Found(at, at + 10, "PERSON", 0.9) for at in range(len(text)) if text.startswith("Lena Okoro", at)]
    assert models.predict(text, lenas, 30, 5) == expected


@given(st.text(alphabet="ab\u00e9 \n", max_size=500), st.integers(1, 20), st.integers(0, 9))
def test_every_word_is_whole_in_some_chunk(text: str, size: int, overlap: int) -> None:
    cuts = models.chunks(text, size, overlap)
    for a, b in cuts:
        words = text[a:b].split()
        assert len(words) == 1 or len(words) <= size
    assert {piece for a, b in cuts for piece in text[a:b].split()} >= {w for w in text.split() if len(w) <= 200}


def test_a_word_without_end_is_cut() -> None:
    assert len(models.chunks("x" * 1_000_000, 320)) > 500


def test_a_size_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        models.chunks("a b c", 0)


def test_where_chunks_disagree_the_longer_name_stands() -> None:
    def model(text: str) -> list[Found]:
        at = text.find("Lena")
        end = at + (10 if "Okoro" in text else 4)
        return [Found(at, end, "PERSON", 0.6)] if at >= 0 else []

    assert models.predict("so then Lena Okoro came", model, 5, 1) == [Found(8, 18, "PERSON", 0.6)]


def test_labels_in_every_usual_spelling() -> None:
    rows = [(0, 1, "B-PER", 0.5), (1, 2, "person", 0.5), (2, 3, "GPE", 0.5), (3, 4, "MONEY", 0.5), (4, 4, "PER", 0.5)]
    assert [one.entity for one in models.entities(rows)] == ["PERSON", "PERSON", "LOCATION"]
