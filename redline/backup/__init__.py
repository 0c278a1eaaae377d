"""A data folder copied while it is at work, checked, and put back.

manifest  what a backup says of itself: versions of tables, and every file with its SHA-256
take      tables as of one version each, state, keys, and what people have said
restore   a new data folder from it
owing     whether a restored folder still owes something
duties    what a restored folder owes: consent, and the erasures since
"""
