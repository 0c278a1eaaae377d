"""What scrubbing costs next to stock Presidio, and that it finds the same.

corpus        texts of four kinds, seeded, made from installed packages and Faker
stock         Presidio as its users have it, with the one repair that its context words need
child         one measurement in a process of its own
differential  stock against ours for as long as one likes: `python -m bench.scrub.differential --seconds N`
settings      languages, countries' recognisers, YAML, thresholds, arguments of a call
samples       strings that an expression matches
mutations     texts that try to tell the two apart
"""
