"""A Confluent-compatible schema registry: schemas of records by id, and ours registered for producers.

API: Confluent's Schema Registry API reference (`/schemas/ids`, `/subjects`, `/config`), which Karapace and Apicurio's
`ccompat` speak too.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import msgspec

from schemas import topics
from schemas.contract import event_schemas, value_schema
from schemas.errors import BrokerError
from schemas.sources import confluent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from schemas.records import Record

_log = logging.getLogger(__name__)

_MEDIA = "application/vnd.schemaregistry.v1+json"
_TIMEOUT_S = 10.0
_WAIT_S, _WAIT_MOST_S = 0.5, 30.0
_MOST_SCHEMAS = 10_000
_NOT_FOUND, _OK = 404, range(200, 300)
COMPATIBILITY = "BACKWARD"


class Registry:
    """The schemas of a registry, each asked for once. `transport` is for tests.

    A schema that does not exist is remembered too, until there are too many of those: a producer with made-up ids must
    not make us ask for each of its records.
    """

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = url.rstrip("/")
        self._transport = transport
        self._known: dict[int, confluent.Writer | None] = {}

    def missing(self, records: Iterable[Record]) -> list[int]:
        """Ids of schemas of these records that `load` would ask for."""
        wanted = {known for record in records if (known := confluent.schema_id(record.value)) is not None}
        return sorted(wanted - self._known.keys())

    async def load(self, records: Iterable[Record]) -> None:
        """Ask for the schemas of these records. A registry that is away is waited for: nothing is judged without it."""
        missing = self.missing(records)
        if not missing:
            return
        if len(self._known) + len(missing) > _MOST_SCHEMAS:
            self._known = {number: one for number, one in self._known.items() if one is not None}
        async with httpx.AsyncClient(timeout=_TIMEOUT_S, transport=self._transport) as client:
            for number in missing:
                self._known[number] = await self._ask(client, number)

    def plain(self, record: Record) -> Record:
        """The record without its frame, after `load` has seen it; any other record as it is.

        Raises:
            DecodeError: no such schema, or the value does not fit it.
        """
        number = confluent.schema_id(record.value)
        return record if number is None else confluent.plain(record, self._known.get(number))

    async def _ask(self, client: httpx.AsyncClient, number: int) -> confluent.Writer | None:
        tree = await self._get(client, f"/schemas/ids/{number}")
        if tree is None:
            return None
        references: dict[str, str] = {}
        await self._follow(client, tree.get("references") or [], references)
        return confluent.writer(tree.get("schemaType") or confluent.AVRO, str(tree.get("schema", "")), references)

    async def _follow(self, client: httpx.AsyncClient, named: Sequence[dict[str, Any]], found: dict[str, str]) -> None:
        """Schemas that a schema refers to, what they refer to first."""
        for one in named:
            name = str(one.get("name"))
            if name in found:
                continue
            place = f"/subjects/{quote(str(one.get('subject')), safe='')}/versions/{int(one.get('version', 0))}"
            tree = await self._get(client, place) or {}
            await self._follow(client, tree.get("references") or [], found)
            found[name] = str(tree.get("schema", ""))

    async def _get(self, client: httpx.AsyncClient, path: str) -> dict[str, Any] | None:
        """An answer of the registry, however long it is away; None if it has no such thing."""
        wait = _WAIT_S
        while True:
            try:
                answer = await client.get(self._url + path, headers={"accept": _MEDIA})
                if answer.status_code == _NOT_FOUND:
                    return None
                if answer.status_code in _OK:
                    tree = answer.json()
                    return tree if isinstance(tree, dict) else None
                fault = f"HTTP {answer.status_code}"
            except (httpx.HTTPError, ValueError) as error:
                fault = type(error).__name__
            _log.warning("schema registry: needed %s, came %s; asked again in %.0f s", path, fault, wait)
            await asyncio.sleep(wait)
            wait = min(_WAIT_MOST_S, 2 * wait)


def register(url: str, transport: httpx.BaseTransport | None = None) -> list[str]:
    """Register the JSON Schemas of our events, each subject with backward compatibility; gives the subjects.

    `redline.events-value` takes any of the events; a subject `redline.events-<type>` each of them (the record name
    strategies). What is there already stays as it is.

    Raises:
        BrokerError: the registry is away, or a schema there is not compatible with ours.
    """
    schemas = {f"{topics.EVENTS}-value": value_schema()}
    schemas |= {f"{topics.EVENTS}-{name}": schema for name, schema in event_schemas().items()}
    with httpx.Client(timeout=_TIMEOUT_S, base_url=url.rstrip("/"), transport=transport) as client:
        for subject, schema in schemas.items():
            body = {"schemaType": confluent.JSON, "schema": msgspec.json.encode(schema).decode()}
            place = quote(subject, safe="")
            _send(client, "POST", f"/subjects/{place}/versions", body)
            _send(client, "PUT", f"/config/{place}", {"compatibility": COMPATIBILITY})
    return list(schemas)


def _send(client: httpx.Client, method: str, path: str, body: dict[str, str]) -> None:
    try:
        answer = client.request(method, path, json=body, headers={"content-type": _MEDIA})
        fault = "" if answer.status_code in _OK else f"HTTP {answer.status_code}"
    except httpx.HTTPError as error:
        fault = type(error).__name__
    if fault:
        raise BrokerError(f"schema registry, {method} {path}: needed 2xx, came {fault}; look at the subject there")
