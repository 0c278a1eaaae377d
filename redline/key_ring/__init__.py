"""The keys of a data folder: one for ids, and an epoch of keys after the other for surrogates and pseudonyms.

form         the JSON of a ring, the same in file, environment and answer of a command
file         the key file: made once, read if nobody else can, replaced whole
known        which epochs there were: a lost or older key file is found out
source       where the ring comes from
rotation     the next epoch
live         a ring that notices new epochs
destruction  a key that is gone, and what its rows lose with it
traces       the changes of these rows (pure)
listing      the epochs for people
presumed     events of destroyed epochs, for the ledger (pure)
"""
