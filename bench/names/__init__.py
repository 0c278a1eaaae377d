"""How the model of names is made and measured.

corpora    the labelled corpora as texts with spans
lists      lists of names, places and common words, from Faker, phonenumbers, SCOWL and installed documentation
romanise   names of other scripts in Latin letters
templates  sentences with slots, in the manner of mail, forums, reviews, weblogs and code comments
synthetic  texts made of the templates, and the corpora again with other names
dev        texts written by us to choose by: in the manner of the web, and in six other languages
measure    precision, recall and F1 of spans
train      the command: `python -m bench.names.train`
others     people in texts that others labelled, read from clones
outside    the command that measures by them: `python -m bench.names.outside FOLDER`
"""
