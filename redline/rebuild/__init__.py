"""`redline rebuild TABLE`: a table from `interactions` by the same pure logic, compared with the streamed one.

What the stream decided by arrival cannot be seen in `interactions`: an event that came after its key had settled.
`rejects` says which (by stage), and these are left out. Everything else is a function of the set of events, so the rows
must be equal in all columns but `revision`, which counts how often the stream published one. Of surface, language,
model and tool they show what the day's decision lets be seen.

What belongs to an epoch whose key is destroyed is neither rebuilt nor compared. Of days before those that `redline
retain` keeps a row that only one side has, or has otherwise, is no difference: what it was made of may be gone.

Memory is bounded: rows of both sides are first spread over buckets by the row's id, on disk in the state folder. All
events of one key are in memory together, as they are in a worker that settles it.

made     one table that can be made anew: from which events, by which logic, what of a row is compared
run      the rebuild itself
events   rows of `interactions` as the logic takes them
collaboration  likewise, day by day: facts of threads first, and of these the rows
compare  rebuilt rows against streamed ones, and what is said of it
target   the Parquet file of rebuilt rows
"""

from redline.rebuild.compare import Result
from redline.rebuild.run import TABLES, pairs, rebuild, trajectories

__all__ = ["TABLES", "Result", "pairs", "rebuild", "trajectories"]
