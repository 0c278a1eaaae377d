"""Which rows become training examples, and what each trainer reads.

order       the order of an export's rows (pure)
"""
