"""A cluster of three brokers on this machine, workers and sinks, and what happens to them (root: namespaces).

recovery   faults of brokers and networks in the middle of a stream: how long rows stand still, and the ledger
"""

import sys
from pathlib import Path

# The cluster is the tests' own.
sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
