"""The same path built of what others offer, beside ours: `python -m bench.peers [events]`.

| file | |
|---|---|
| `__main__.py` | one broker, the same events for everybody, one after the other, several rounds |
| `path.py` | what the peers share: stock Presidio with a spaCy model, a join by key, Parquet by pyarrow |
| `with_faust.py`, `with_quix.py`, `with_bytewax.py` | the same path in each framework, as its guide writes it |
| `requirements.in`, `requirements.txt` | an environment of their own, `.venv-peers`: `make peers` |

What is left out favours the peers: no consent, no duplicates found, no late events, no metrics of an edit, no gate, no
exactly-once, no ledger, no topics in between.
"""
