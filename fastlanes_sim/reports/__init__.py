"""What people and programs look at. Everything here takes plain data (results and experiments) and computes no statistics.

    content/    what is said of each kind of result: title, objectives, sentences, tables (a `report.Report`)
    text/       reports in a terminal
    charts/     what is drawn: Axes in, Axes out
    figures/    which charts a kind of result has
    html/       reports as a page
    exporters/  one file for each format that a report can be written in

The results that draw and write themselves are in `api`, above this package.
"""
