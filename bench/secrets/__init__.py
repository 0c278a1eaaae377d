"""Measuring `streams.privacy.secrets`, and what it is measured with.

letters     makes the table of letter pairs
shapes      values drawn at random from an expression, and stand-ins of the same length
samples     texts with one secret each, in many languages and formats; texts with none
measure     recall, false alarms, speed
others      what other projects' tests say is a secret, read from clones
outside     recall and false alarms by that
"""
