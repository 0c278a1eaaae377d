"""A cluster of three brokers on this machine, workers and sinks, and what happens to them (root: namespaces).

certificate  the brokers' certificate ends in the middle of a stream, and is rotated
elastic      workers and sinks that come and go
recovery     faults of brokers and networks in the middle of a stream: how long rows stand still, and the ledger
restore      how long a worker with a lot of state needs until it works again
scaling      the same events through 1, 2 and 4 workers
"""

import sys
from pathlib import Path

# The cluster is the tests' own.
sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
