"""Topics that are there: their settings compared and set, and how many copies they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from redline.admin import admin_client, answered, cluster_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

_REQUEST_S = 30.0


def set_topics(
    bootstrap: str, wanted: Mapping[str, Mapping[str, str]], *, config: Mapping[str, str] | None = None
) -> None:
    """Give topics that are there these settings; others of theirs stay.

    Raises:
        BrokerError: the broker cannot be reached, or refuses.
    """
    client = admin_client(bootstrap, config)
    asked = [
        ConfigResource(
            ResourceType.TOPIC,
            name,
            incremental_configs=[
                ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET) for key, value in settings.items()
            ],
        )
        for name, settings in wanted.items()
        if settings
    ]
    if not asked:
        return
    for resource, future in client.incremental_alter_configs(asked, request_timeout=_REQUEST_S).items():
        answered(future, bootstrap, f"new settings of topic {resource.name}")


def other_settings(
    bootstrap: str, wanted: Mapping[str, Mapping[str, str]], *, config: Mapping[str, str] | None = None
) -> dict[str, dict[str, str]]:
    """Settings of topics that are not as wanted, and what they are; topics without one are left out.

    Raises:
        BrokerError: the broker cannot be reached, does not know one of them, or does not let its settings be read.
    """
    client = admin_client(bootstrap, config)
    asked = [ConfigResource(ResourceType.TOPIC, name) for name in wanted]
    found = {}
    for resource, future in client.describe_configs(asked, request_timeout=_REQUEST_S).items() if asked else ():
        held = answered(future, bootstrap, f"the settings of topic {resource.name}")
        other = {key: str(held[key].value) for key, value in wanted[resource.name].items() if held[key].value != value}
        if other:
            found[resource.name] = other
    return found


def copies(bootstrap: str, *, config: Mapping[str, str] | None = None) -> dict[str, tuple[int, int]]:
    """For each topic: the fewest copies of a partition of it, and the fewest that are in sync.

    Raises:
        BrokerError: the broker cannot be reached.
    """
    held = cluster_metadata(admin_client(bootstrap, config), bootstrap, _REQUEST_S).topics
    return {
        name: (
            min(len(partition.replicas) for partition in topic.partitions.values()),
            min(len(partition.isrs) for partition in topic.partitions.values()),
        )
        for name, topic in held.items()
        if topic.partitions
    }
