"""One file for each format that a report can be written in.

A format is an `exporter.Exporter` and is listed in `formats`: that is all. The command line makes its options from the registry, and
`manager` checks the places and writes.

What stands at the top of these files is imported by `--help`. So a format imports what it needs when it is asked for content.
"""
