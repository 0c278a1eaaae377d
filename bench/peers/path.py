"""What the three peers share: scrub with stock Presidio, join by key, rows to Parquet. Runs in their environment."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import spacy
import tldextract
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import SpacyNlpEngine
from presidio_anonymizer import AnonymizerEngine

TOPIC = "peers"
PARTITIONS = 4
_BATCH = 500  # rows of a file
_LANGUAGE, _THRESHOLD = "en", 0.5
_TEXTS = ("text", "before", "after", "accepted_text", "content", "arguments", "prompt")
_CLOSING = ("rejected", "dismissed")
_TELL_S = 0.2


class _Model(SpacyNlpEngine):  # type: ignore[misc]
    """A model from a folder; the word in small letters is its lemma, or context words would never match."""

    def load(self) -> None:
        """Load it."""
        model = spacy.load(self.models[0]["model_name"])
        self.nlp = {_LANGUAGE: model}


@spacy.language.Language.component("bench_lower_lemma")  # type: ignore[untyped-decorator]
def _lower_lemma(doc: Any) -> Any:
    for token in doc:
        token.lemma_ = token.text.lower()
    return doc


class Peer:
    """One process's part of the path. Environment: `PEER_MODEL`, `PEER_OUT`, `PEER_BROKER`."""

    def __init__(self) -> None:
        offline = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # or each process asks the network first
        tldextract.tldextract.TLD_EXTRACTOR = tldextract.extract = offline
        model = _Model(models=[{"lang_code": _LANGUAGE, "model_name": os.environ["PEER_MODEL"]}])
        model.load()
        model.nlp[_LANGUAGE].add_pipe("bench_lower_lemma")
        self._analyzer = AnalyzerEngine(nlp_engine=model, supported_languages=[_LANGUAGE])
        self._anonymizer = AnonymizerEngine()
        self._scrubbed("Call Jane Doe at 212-456-7890.")
        self._out = Path(os.environ["PEER_OUT"])
        self._rows: dict[str, list[dict[str, Any]]] = {"interactions": [], "pairs": []}
        self._files = self._seen = 0
        self._first = self._last = 0.0
        threading.Thread(target=self._tell, daemon=True).start()

    def event(self, raw: bytes) -> dict[str, Any] | None:
        """The event, scrubbed; None: it is broken."""
        self._first = self._first or time.time()
        self._seen += 1
        try:
            event = json.loads(raw)
            data = event["data"]
            names = [event["id"], event["type"], event["time"], data.get("interaction_id", ""), data["session_id"]]
            if not all(isinstance(one, str) for one in names):
                return None
            for name in _TEXTS:
                if name in data:
                    data[name] = self._deep(data[name])
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        event.pop("subject", None)
        return dict(event)

    def joined(
        self, state: dict[str, Any] | None, event: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """The state of the event's key with it, and the pair if that closes it."""
        state = dict(state or {})
        kind, data = event["type"], event["data"]
        if kind == "redline.suggestion.v1":
            state["suggestion"] = data.get("text")
            state["prompt"] = json.dumps(data.get("prompt"))
        elif kind == "redline.decision.v1":
            state["verdict"] = data.get("verdict")
        elif kind == "redline.edit.v1":
            state["final"] = data.get("text")
            state["done"] = bool(data.get("final"))
        closes = state.get("done") or state.get("verdict") in _CLOSING
        if not closes or "suggestion" not in state or state.get("sent"):
            return state, None
        state["sent"] = True
        final = state.get("final")
        label = "rejected" if final is None else "accepted" if final == state["suggestion"] else "edited"
        return state, {
            "id": data["interaction_id"],
            "prompt": state["prompt"],
            "suggestion": state["suggestion"],
            "final": final,
            "label": label,
        }

    def keep(self, event: dict[str, Any] | None, pair: dict[str, Any] | None) -> None:
        """Rows to write; files of 500."""
        if event is not None:
            row = {"id": event["id"], "type": event["type"], "time": event["time"], "data": json.dumps(event["data"])}
            self._rows["interactions"].append(row)
        if pair is not None:
            self._rows["pairs"].append(pair)
        for table, rows in self._rows.items():
            if len(rows) >= _BATCH:
                self._write(table)
        self._last = time.time()

    def _tell(self) -> None:
        path = self._out / f"progress-{os.getpid()}.json"
        while True:
            time.sleep(_TELL_S)
            so_far = {"first": self._first, "last": self._last, "seen": self._seen}
            path.with_suffix(".tmp").write_text(json.dumps(so_far))
            path.with_suffix(".tmp").replace(path)

    def _write(self, table: str) -> None:
        rows, self._rows[table] = self._rows[table], []
        if not rows:
            return
        self._files += 1
        target = self._out / table / f"{os.getpid()}-{self._files}.parquet"
        target.parent.mkdir(exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows), target, compression="zstd")

    def _deep(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._scrubbed(value)
        if isinstance(value, list):
            return [self._deep(one) for one in value]
        if isinstance(value, dict):
            return {name: self._deep(one) for name, one in value.items()}
        return value

    def _scrubbed(self, text: str) -> str:
        if not text:
            return text
        found = self._analyzer.analyze(text, _LANGUAGE, score_threshold=_THRESHOLD)
        return str(self._anonymizer.anonymize(text, found).text)
