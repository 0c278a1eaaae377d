"""What the whole default engine costs next to stock Presidio with a language model, and that it finds what it found.

child     one measurement in a process of its own
model     the language model of the other side: a small one of spaCy's, trained here
same      findings now against findings kept earlier: `python -m bench.full.same keep FILE`, then `compare FILE`
"""
