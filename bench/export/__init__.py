"""`redline export` of many pairs, against a plain Polars script that scans the same table and writes JSONL.

`python -m bench.export --rows 10000000`: makes the tables of a company under `--folder` (deleted afterwards), exports
pairs, checks from `interactions` and `subjects` that no session, document or person is in two splits, exports once more
(`--runs 2`; up to a million rows with one process), and compares the bytes. Memory is the resident size of all
processes of a run added up, twice a second, pages of mapped files included; CPU is theirs too.

company   the tables of a made-up company, quickly, without the pipeline
check     who is in which split, from the tables
plain     the Polars script
"""
