"""Roles at a real broker: what a principal has been given, what it lacks, and giving it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
)

from redline.acls import CLUSTER, Grant, grants
from redline.admin import admin_client
from schemas.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from concurrent.futures import Future

    from redline.acls import Kind, Role

_REQUEST_S = 30.0
_REFUSED = (
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
)
_KINDS: dict[Kind, ResourceType] = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "cluster": ResourceType.BROKER,  # librdkafka's name of it
}
_ANY_HOST = "*"


def held(bootstrap: str, principal: str, *, config: Mapping[str, Any]) -> set[Grant]:
    """What a principal (`User:name`) has been given by ACLs of its own, whatever the role.

    Raises:
        BrokerError: the broker does not say: it cannot be reached, has no authorizer, or we may not ask.
    """
    asked = AclBindingFilter(
        ResourceType.ANY, None, ResourcePatternType.ANY, principal, None, AclOperation.ANY, AclPermissionType.ALLOW
    )
    client = admin_client(bootstrap, config)  # its requests end with it
    # librdkafka answers a refused question with no ACLs at all: whether we may ask is asked first.
    may = _done(
        client.describe_cluster(include_authorized_operations=True, request_timeout=_REQUEST_S), "ACLs", bootstrap
    )
    if AclOperation.DESCRIBE not in (may.authorized_operations or ()):
        raise BrokerError(f"ACLs at {bootstrap}: needed the right to describe the cluster; log in as who has it")
    found = _done(client.describe_acls(asked, request_timeout=_REQUEST_S), "ACLs", bootstrap)
    kinds = {theirs: ours for ours, theirs in _KINDS.items()}
    return {
        Grant(
            kinds[binding.restype],
            binding.name,
            _name(binding.operation),
            prefixed=binding.resource_pattern_type == ResourcePatternType.PREFIXED,
        )
        for binding in found
        if binding.restype in kinds and binding.host == _ANY_HOST
    }


def give(bootstrap: str, principal: str, needed: Iterable[Grant], *, config: Mapping[str, Any]) -> None:
    """Give a principal these. What it has stays.

    Raises:
        BrokerError: the broker cannot be reached, has no authorizer, or refuses.
    """
    bindings = [_binding(principal, grant) for grant in needed]
    if not bindings:
        return
    client = admin_client(bootstrap, config)
    for future in client.create_acls(bindings, request_timeout=_REQUEST_S).values():
        _done(future, f"ACLs of {principal}", bootstrap)


def lacking(bootstrap: str, role: Role, *, requests: Sequence[str] = (), config: Mapping[str, Any]) -> list[Grant]:
    """What whoever `config` logs in as lacks for a role, by asking the broker what it may do.

    Of a group that the broker does not know yet, or of a prefix of groups, it says nothing: those are left out.

    Raises:
        BrokerError: the broker does not answer.
    """
    client = admin_client(bootstrap, config)
    needed = grants(role, requests=requests)
    names: dict[Kind, list[str]] = {}
    for grant in needed:
        if not grant.prefixed and grant.name not in names.setdefault(grant.kind, []):
            names[grant.kind].append(grant.name)
    allowed: dict[tuple[Kind, str], frozenset[str] | None] = {}
    options: dict[str, Any] = {"include_authorized_operations": True, "request_timeout": _REQUEST_S}
    for name, future in client.describe_topics(TopicCollection(names.get("topic", [])), **options).items():
        allowed["topic", name] = _operations(future)
    for group in names.get("group", []):  # librdkafka asks for one coordinator at a time
        allowed["group", group] = _operations(client.describe_consumer_groups([group], **options)[group])
    if "cluster" in names:
        allowed["cluster", CLUSTER] = _operations(client.describe_cluster(**options))
    return [
        grant
        for grant in needed
        if not grant.prefixed and (may := allowed[grant.kind, grant.name]) is not None and grant.operation not in may
    ]


def _operations(future: Future[Any]) -> frozenset[str] | None:
    """What may be done; nothing if even looking is refused; None if the broker does not know the resource."""
    try:
        answer = future.result(_REQUEST_S)
    except KafkaException as error:
        return frozenset() if error.args[0].code() in _REFUSED else None
    except TimeoutError:
        return None
    return frozenset(_name(operation) for operation in answer.authorized_operations or ())


def _binding(principal: str, grant: Grant) -> AclBinding:
    return AclBinding(
        _KINDS[grant.kind],
        grant.name,
        ResourcePatternType.PREFIXED if grant.prefixed else ResourcePatternType.LITERAL,
        principal,
        _ANY_HOST,
        _OPERATIONS[grant.operation],
        AclPermissionType.ALLOW,
    )


def _name(operation: AclOperation) -> str:
    """Kafka's spelling: `DescribeConfigs`."""
    return "".join(word.capitalize() for word in operation.name.split("_"))


_OPERATIONS = {_name(operation): operation for operation in AclOperation}


def _done(future: Future[Any], what: str, bootstrap: str) -> Any:
    try:
        return future.result(_REQUEST_S)
    except (KafkaException, TimeoutError) as error:
        came = error.args[0].name() if isinstance(error, KafkaException) else type(error).__name__
        raise BrokerError(
            f"{what} at {bootstrap}: needed an answer to an admin that may alter the cluster, came {came}; "
            "log in as who may (redline settings)"
        ) from None
