"""How the directory's matcher is made and measured.

words      the command that makes the list of common words: `python -m bench.people.words`
company    a made-up directory of 70,000 people, as a list and as records
mentions   texts of chat and code that mention them, in every form, and decoys
measure    the command: recall and precision per form, speed and memory: `python -m bench.people.measure`
"""
