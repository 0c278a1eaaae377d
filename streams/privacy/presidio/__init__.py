"""Presidio's analyzer, faster, with the findings of Presidio's own.

analyzer    `FastAnalyzer`, a drop-in `AnalyzerEngine`
plan        how a set of recognisers is run at a threshold
raw         findings before context
results     findings on their way, and Presidio's rules for duplicates
scan        all expressions in one pass, with Hyperscan if it is installed
shape       what the text of an expression says about where its matches can be
alphabet    the letters in which shapes are written
projection  any text as plain bytes of the same length
patterns    runs an expression only where it can match
alternatives  long lists of words in an expression, by their first signs
phones      python-phonenumbers for many regions at the price of one
numbering   phone numbers without parsing
lines       lines seen before
context     context words near a finding
words       spaCy's tokens of single words, without spaCy's vocabulary
affixes     spaCy's suffixes and infixes, sooner
enhancer    context words as parts of words
blank       a spaCy pipeline that only cuts text into words
"""
