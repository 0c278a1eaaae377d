"""Is the OpenAPI document true? The running service is asked, with a list for Kafka."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
import yaml
from hypothesis import HealthCheck, settings

from redline.gateway.openapi import document
from schemas.sources.cloudevents import TIME_PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterator


PAGE = Path(__file__).parents[3] / "docs" / "openapi.yaml"
EXAMPLES = 10  # of each route; a document of such unions takes a second for each
RECENT = "2026-01-02T03:04:05Z"


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """One connection: there are thousands of requests."""
    with requests.Session() as found:
        yield found


def timely(body: Any) -> Any:
    """The same with recent times and whole numbers of 64 bits: what the document says of them in words only."""
    if isinstance(body, list):
        return [timely(one) for one in body]
    if isinstance(body, dict):
        return {name: timely(value) for name, value in body.items()}
    if isinstance(body, str) and re.fullmatch(TIME_PATTERN, body):
        return RECENT
    if isinstance(body, float) and body.is_integer():
        body = int(body)
    return body % 2**63 if type(body) is int else body


schema = schemathesis.openapi.from_dict(document("0"))


@schema.parametrize()
@pytest.mark.filterwarnings("ignore:Skipped test cases with unsupported payload")  # protobuf: tests/broker
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_the_service_does_what_its_document_says(
    case: Any, running: tuple[str, str], session: requests.Session
) -> None:
    address, token = running
    case.body = timely(case.body)
    case.call_and_validate(base_url=address, headers={"Authorization": f"Bearer {token}"}, session=session)


def test_the_page_is_what_the_command_prints() -> None:
    page = yaml.safe_load(PAGE.read_text("utf-8"))
    assert page == document(page["info"]["version"])
