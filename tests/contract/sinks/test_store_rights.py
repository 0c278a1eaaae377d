"""The policies of docs/security.md at a store that enforces them: enough for each role, and no more."""

from __future__ import annotations

import json
import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import boto3
import pytest
from contract.sinks.test_rewrite import fill, published, without
from support import rows as make
from support.objects import Objects, serving

from redline import sql
from schemas.tables import PAIRS, TABLES
from sinks import bucket, location, reader
from sinks.places import remote
from sinks.rewrite import rewrite

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[3] / "docs" / "security.md"
PREFIX = "data/redline"
_KEY = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def policies(name: str) -> list[dict[str, Any]]:
    """As the page has them, but for two ways of moto's server.

    It refuses whatever has a condition, so there is none. It asks for the right to delete on the bucket, not on the
    object (Amazon's reference of DeleteObjects: `s3:DeleteObject` on the object), so that is given there.
    """
    found = re.findall(r"^```json\n(.*?)^```", PAGE.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    made = [json.loads(one.replace("BUCKET", name).replace("PREFIX", PREFIX)) for one in found]
    for policy in made:
        for statement in policy["Statement"]:
            statement.pop("Condition", None)
    made[0]["Statement"].append({"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": f"arn:aws:s3:::{name}"})
    return made


def user(objects: Objects, name: str, policy: dict[str, Any]) -> dict[str, str]:
    """The credentials of a new user who may do this, and nothing else."""
    iam = boto3.client(
        "iam",
        endpoint_url=objects.endpoint,
        region_name="us-east-1",
        aws_access_key_id="root",
        aws_secret_access_key="not-asked-yet",  # noqa: S106 - none
    )
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return dict(zip(_KEY, (key["AccessKeyId"], key["SecretAccessKey"]), strict=True))


@contextmanager
def logged_in(credentials: dict[str, str]) -> Iterator[None]:
    """Clients are made anew: those of somebody else would go on with theirs."""
    for made in (bucket._client, bucket._arrow):
        made.cache_clear()
    with mock.patch.dict(os.environ, credentials):
        yield


def folder(objects: Objects, path: Path) -> Path:
    """A folder of somebody's own over the same tables."""
    location.point(path, f"s3://{objects.bucket}/{PREFIX}")
    return path


def test_each_policy_is_enough_and_no_more(tmp_path: Path) -> None:
    with serving() as objects:
        writing, reading = policies(objects.bucket)
        writer, analyst = user(objects, "writer", writing), user(objects, "analyst", reading)
        objects.strict()
        with logged_in(writer):
            data = folder(objects, tmp_path / "writer")
            fill(data)
            assert rewrite(data, PAIRS, without(3, 9)).files == 1
            assert len(published(data)) == 22
            with pytest.raises(OSError, match="PermissionDenied"):
                bucket.create(remote(f"s3://{objects.bucket}/data/other"), b"x")
        with logged_in(analyst):
            data = folder(objects, tmp_path / "analyst")
            assert published(data) == make.ids([i for i in range(24) if i not in {3, 9}])
            assert sql.query(data, "select count(*) from pairs")[1] == [(22,)]
            for table in TABLES.values():
                if not table.published:
                    with pytest.raises(OSError, match="lacked the necessary privileges"):
                        reader.read(data, table.name, ["record_id"])
            with pytest.raises(OSError, match="PermissionDenied"):
                bucket.create(remote(f"s3://{objects.bucket}/{PREFIX}/dataset/pairs/x"), b"x")
        stranger = dict(zip(_KEY, ("AKIAnobody", "none"), strict=True))
        with logged_in(stranger), pytest.raises(OSError, match=r"PermissionDenied|Unauthenticated"):
            bucket.read(remote(f"s3://{objects.bucket}/{PREFIX}/redline.json"))
