"""Rows that failed their gate, until somebody decides: looked at, let back into their table, or discarded.

run      a release and a discard from lock to audit: one at a time, and what was killed is finished first
choice   which rows a command is about
look     how many there are, and what each is, without text unless it is asked for
release  checked again, and what passes goes into its table
said_no  whose rows are not published any more
discard  out for good: every raw offset gets its reject
members  which events a row was made from, and what the reject of each says
journal  what a killed command left half done
"""
