"""Which rows become training examples, and what each trainer reads.

order       the order of an export's rows (pure)
example       what a training format is, its options, and why a row gives no example (pure)
formats       every training format by its name (pure)
pair          formats over pairs, a row at a time (pure)
conversation  a pair's prompt as the turns of a chat (pure)
preference    what a pair says about its two texts (pure)
trl           TRL: preference, unpaired, prompt-completion (pure)
"""
