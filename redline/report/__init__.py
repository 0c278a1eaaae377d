"""`redline report`: one page that a person would rather look at than read.

few      what of a table of counts is shown: nothing about fewer than k people. Pure
figures  what the page is made of, as values
read     the figures of a data folder, counted from facts: what its rows count as, and whose they are
history  the series that the quality process keeps, by day
marks    bars, columns, lines: SVG and the table behind it. Pure
frame    head, masthead and foot of every page of ours, and the style. Pure
outcomes, checks  the sections: what people did; what was checked and counted. Pure
page     the figures as one HTML page. Pure
docs     Data Docs of the tables; plain_html: what of their HTML stays
pdf      the page on paper, by a browser that is there
run      the command
"""
