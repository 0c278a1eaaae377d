"""JSON schemas for kubeconform, made offline from Go modules: Kubernetes' own API, KEDA's and the operator's CRDs.

`go mod download` puts the modules where this looks for them; nothing is asked of any other host. Unknown fields are
errors, as `kubeconform -strict` wants it. A file is named as kubeconform's `-schema-location` template says:
`{kind}-{group's first word}-{version}.json`, `{kind}-{version}.json` for the core group.

    python deploy/schemas.py FOLDER             # writes them
    python deploy/schemas.py "" COMPOSE.yaml    # holds a compose file against the specification's own schema
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

KUBERNETES = "k8s.io/kubernetes@v1.34.0"
KEDA = "github.com/kedacore/keda/v2@v2.17.2"
COMPOSE = "github.com/compose-spec/compose-go/v2@v2.8.1"
OPERATOR = "github.com/prometheus-operator/prometheus-operator@v0.85.0"
_CRDS = (
    (KEDA, "config/crd/bases/keda.sh_scaledobjects.yaml"),
    (KEDA, "config/crd/bases/keda.sh_triggerauthentications.yaml"),
    (OPERATOR, "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml"),
    (OPERATOR, "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml"),
)
_REF = "#/definitions/"


def module(name: str) -> Path:
    """The folder of a module, downloaded if it is not there."""
    done = subprocess.run(["go", "mod", "download", "-json", name], capture_output=True, check=True, cwd="/")
    return Path(json.loads(done.stdout)["Dir"])


def strict(schema: Any) -> Any:
    """The schema with unknown fields refused, and what is a number or a text taken as either."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "int-or-string" or schema.get("x-kubernetes-int-or-string"):
        return {"oneOf": [{"type": "string"}, {"type": "integer"}]}
    made = {key: strict(value) for key, value in schema.items() if key not in {"description", "default"}}
    known = isinstance(schema.get("properties"), dict)
    if known and not schema.get("x-kubernetes-preserve-unknown-fields") and "additionalProperties" not in schema:
        made["additionalProperties"] = False
    return made


def reached(name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """The definitions that one needs, itself among them."""
    found: dict[str, Any] = {}
    left = [name]
    while left:
        one = left.pop()
        if one not in found:
            found[one] = definitions[one]
            left += [ref.removeprefix(_REF) for ref in _refs(definitions[one])]
    return found


def _refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(ref := schema.get("$ref"), str):
            yield ref
        for value in schema.values():
            yield from _refs(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _refs(value)


def of_kubernetes() -> Iterator[tuple[str, Any]]:
    """File names and schemas of every kind of Kubernetes itself."""
    document = json.loads((module(KUBERNETES) / "api/openapi-spec/swagger.json").read_text("utf-8"))
    definitions = {name: strict(schema) for name, schema in document["definitions"].items()}
    for name, schema in document["definitions"].items():
        for kind in schema.get("x-kubernetes-group-version-kind", ()):
            group = kind["group"].partition(".")[0]
            parts = [kind["kind"].lower(), *([group] if group else []), kind["version"]]
            yield "-".join(parts), {"$ref": _REF + name, "definitions": reached(name, definitions)}


def of_crds() -> Iterator[tuple[str, Any]]:
    """Likewise of the custom resources that the chart uses."""
    for where, path in _CRDS:
        spec = yaml.safe_load((module(where) / path).read_text("utf-8"))["spec"]
        for version in spec["versions"]:
            schema = strict(version["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {"type": "object"}
            yield "-".join([spec["names"]["kind"].lower(), spec["group"].partition(".")[0], version["name"]]), schema


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in (*of_kubernetes(), *of_crds()):
        (folder / f"{name}.json").write_text(json.dumps(schema), "utf-8")


def compose(path: Path) -> None:
    schema = json.loads((module(COMPOSE) / "schema" / "compose-spec.json").read_text("utf-8"))
    jsonschema.validate(yaml.safe_load(path.read_text("utf-8")), schema)


if __name__ == "__main__":
    if sys.argv[1]:
        main(Path(sys.argv[1]))
    if len(sys.argv) > 2:
        compose(Path(sys.argv[2]))
