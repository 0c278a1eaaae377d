"""Benchmarks. Each prints a table and writes JSON with machine and commit to bench/results; none is a test.

end_to_end   the main job over a generated company: events/s, CPU and peak memory of every process
latency      event to queryable row under a steady load, p50 and p99
stages       one stage at a time, one core: decode, scrub, join, gate
"""
