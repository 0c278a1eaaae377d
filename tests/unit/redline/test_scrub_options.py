"""What the settings say about scrubbing reaches the engine: directory, models, style, threshold."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import spacy

from redline.directory_command import import_people
from redline.settings import load
from schemas.errors import SettingsError
from schemas.events import Event, Suggestion
from schemas.records import Coordinate
from streams.epochs import KeyRing, Keys
from streams.privacy.engine import Engine
from streams.privacy.limits import Limits
from streams.privacy.options import Options
from streams.privacy.worker import Scrubber
from streams.scrub import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

UNKNOWN = "so qzwxul vbtnko did it"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    return tmp_path_factory.mktemp("options")


@pytest.fixture(scope="module")
def engine(folder: Path) -> Engine:
    """Of settings that name a directory that is not there yet, and a model."""
    model = spacy.blank("en")
    model.add_pipe("entity_ruler").add_patterns([{"label": "ORG", "pattern": "Wobbleworks"}])
    model.to_disk(folder / "model")
    settings = load(
        None, {"REDLINE_DATA": str(folder / "data"), "REDLINE_SCRUB_MODELS": f"spacy:{folder / 'model'}"}, {}
    )
    settings.state.mkdir(parents=True, mode=0o700)
    return Engine.of(settings.scrub_options)


def found(engine: Engine, text: str) -> set[tuple[str, str]]:
    return {(text[one.start : one.end], one.entity) for one in engine.analyze([text])[0]}


def test_a_directory_that_comes_while_the_engine_runs_is_used(engine: Engine, folder: Path) -> None:
    assert (UNKNOWN[3:16], "PERSON") not in found(engine, UNKNOWN)
    people = folder / "people.csv"
    people.write_text("name,mail\nQzwxul Vbtnko,qzwxul.vbtnko@corp-zeta.com\n", "utf-8")
    import_people(people, folder / "data" / "state")
    assert engine._file is not None
    engine._file._checked = None  # a second has gone by
    assert (UNKNOWN[3:16], "PERSON") in found(engine, UNKNOWN)
    assert ("VBTNKO, Qzwxul", "PERSON") in found(engine, "cc VBTNKO, Qzwxul")


def test_limits_of_the_settings_are_those_of_the_pool() -> None:
    limits = load(None, {"REDLINE_SCRUB_TEXT_LIMIT": "5"}, {"scrub.event_limit": 8}).scrub_limits
    assert (limits.text, limits.event) == (5, 8)
    assert load(None, {}, {}).scrub_limits == Limits()
    with pytest.raises(SettingsError):
        load(None, {"REDLINE_SCRUB_TEXT_LIMIT": "0"}, {})


def test_a_model_of_the_user_s_choice_is_asked(engine: Engine) -> None:
    assert ("Wobbleworks", "ORGANIZATION") in found(engine, "she left Wobbleworks in May")


@pytest.mark.parametrize(
    "hidden",
    [
        "jane.roe%40corp-zeta.com",
        "jane.roe\\u0040corp-zeta.com",
        "jane.roe&#64;corp-zeta.com",
        base64.b64encode(b"mail jane.roe@corp-zeta.com").decode(),
    ],
)
def test_what_an_encoding_hides_is_found_and_replaced_whole(engine: Engine, hidden: str) -> None:
    text = f"write to {hidden} today"
    spans = [text[one.start : one.end] for one in engine.analyze([text])[0] if one.entity == "EMAIL_ADDRESS"]
    assert hidden in spans


def test_a_phone_whose_check_digit_fits_is_a_phone_and_no_health_service_number(engine: Engine) -> None:
    numbers = [f"212-867-{last:04d}" for last in range(5300, 5400)]
    fitting = [n for n in numbers if _nhs_fits(n)]
    assert fitting
    for number in fitting:
        assert {kind for _, kind in found(engine, f"please call {number} today")} == {"PHONE_NUMBER"}
    assert (fitting[0], "UK_NHS") in found(engine, f"NHS number {fitting[0]}")


def _nhs_fits(number: str) -> bool:
    """The NHS data dictionary's check: weights 10 down to 2, modulo 11."""
    digits = [int(digit) for digit in number if digit.isdigit()]
    return sum(weight * digit for weight, digit in zip(range(10, 0, -1), digits, strict=True)) % 11 == 0


def test_the_style_of_surrogates_reaches_the_row() -> None:
    ring = KeyRing.of(Keys(identity=b"i" * 32, surrogate=b"s" * 32, epoch=1))
    data = Suggestion(
        session_id="s", surface="ide", tool="t/1", interaction_id="i", task="reply", text="Dear Ms Lindqvist,"
    )
    event = Event(id="1", source="/x", type="redline.suggestion.v1", time_us=0, subject=None, data=data)
    job = Job(event, Coordinate("redline.events", 0, 0), "v1")
    placeholder = Scrubber(Options(style="placeholder"))(job, ring)
    natural = Scrubber(Options())(job, ring)
    assert b"Dear Ms <PERSON_" in placeholder.interaction
    assert b"Lindqvist" not in natural.interaction
    assert b"<PERSON_" not in natural.interaction


def test_settings_name_the_directory_and_the_models(tmp_path: Path) -> None:
    settings = load(None, {"REDLINE_DATA": str(tmp_path)}, {"scrub.models": "spacy:/a, gliner:/b"})
    assert settings.scrub_options.models == ("spacy:/a", "gliner:/b")
    assert Path(settings.scrub_options.directory) == tmp_path / "state" / "people.directory"
    chosen = load(None, {}, {"scrub.directory": "/etc/people.directory", "scrub.style": "placeholder"})
    assert (chosen.scrub_options.directory, chosen.scrub_options.style) == ("/etc/people.directory", "placeholder")
