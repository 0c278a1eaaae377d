"""`redline serve`: report, Data Docs, status and metrics for a browser on this machine, read-only.

access       who may see it: a token, a cookie, the right host. Pure
exposition   metrics of all processes as one text. Pure
status_page  how far everything is, as a page. Pure
site         the answers; run: the command
"""
