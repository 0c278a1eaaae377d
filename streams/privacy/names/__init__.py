"""People and places in running text: a small conditional random field. Pure but for reading its own model file, once.

find      `find(text)`: people and places with scores
foreign   what stands of the findings in other languages than English
prose     where a text is prose that a person wrote, and not code, data or a log
tokens    words and where they stand; which of them can be part of a name
features  what the model is told about a word and its neighbours
lexicon   lists of names, places and common words, packed into bits
model     weights from the model file; scores of a word, kept per word
kept      values that are made when first asked for and kept
decode    which labels the words of one stretch have, and how surely
model.bin the weights and lists (docs/names-model.md is its card; `python -m bench.names.train` makes it)
"""
