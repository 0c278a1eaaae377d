"""The people of the company's directory, found in texts. `matcher` and `file` read; the rest is pure.

matcher    `Directory`: finds them
file       `DirectoryFile`: the compiled file while it is in use
listing    a CSV of people
roster     what a text may call a person: forms, as letters only
table      the compiled file: a table of hashes
fold       letters made comparable, offsets kept
words      common words, and `words.txt.gz`
chains     names of several parts
singles    single words: logins, first names spoken to
unspaced   Chinese, Japanese and Korean names
extensions telephone extensions
places     where runs of letters stand, and what is next to them
"""
