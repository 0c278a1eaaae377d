"""An attack on the promise that no person is in published tables: who can be told by their rows?

company   a company whose people have habits; writing: how they write
publish   the company through `redline run`; what the attacker reads of the tables, and what the judge knows
features  what can be looked at in a row, and how far two rows are apart
fit       logistic and ridge regression, AUC and intervals by bootstrap over people
linkage   are two rows of one person; which rows are a known person's
history   the same on real writing: commit messages of repositories on this machine

`python -m bench.privacy [--history FOLDER]...` writes results/privacy.json.
"""
