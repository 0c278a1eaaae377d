"""Benchmarks. Each prints a table and writes JSON with machine and commit to bench/results; none is a test.

end_to_end   the main job over a generated company: events/s, CPU and peak memory of every process
latency      event to queryable row under a steady load, p50 and p99
ai_week      a steady rate with its lag, then a tenfold spike and how long it drains; CPU of each process, the ledger
live         `redline up` with simulated people, watched; soak: hours of it; skew: one hot key beside the others
plan_figures what `redline plan` counts with, gathered from results
scrub/       Presidio against ours, class by class; differential: a hunt for a difference
full/        the whole default engine against Presidio with a language model
scrub_soak   whether a scrubber's memory stays flat
formats/     recall and precision of phones, cards and accounts on generated texts
people/      the directory: recall, precision, cost
names/       trains and measures the model of names
secrets/     the letter-pair table of secrets, and their measure, by our own shapes and by what others wrote
export/      exports of millions of pairs: memory, speed, splits, the same bytes; against a plain Polars script
near_duplicates  recall and precision against brute force, and speed; of benchmark prompts too
capture      what the hooks and the client cost the person they watch
fuzz/        every reader against what a coverage-guided fuzzer makes up
edits        the metrics of an edit: what they add to the join, and pairs of a megabyte
sink         the sink against a plain loop of confluent-kafka, Polars and Parquet over the same topics
worker       a worker without its scrubber on a real broker: events and records per CPU second, CPU of each stage
stages       one stage at a time, one core: decode, scrub, join, gate
"""
