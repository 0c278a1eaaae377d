"""How the model of names is made and measured.

corpora    the labelled corpora as texts with spans
lists      lists of names, places and common words, from Faker, phonenumbers and installed documentation
templates  sentences with slots, in the manner of mail, forums, reviews, weblogs and code comments
synthetic  texts made of the templates, and the corpora again with other names
dev        texts written by us, in the manner of the web, to choose by
measure    precision, recall and F1 of spans
train      the command: `python -m bench.names.train`
"""
