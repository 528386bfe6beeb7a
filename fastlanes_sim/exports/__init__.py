"""Exports of Lightning's `runs` table: what the columns are, how they are read row by row, and what was wrong with a row.

Production data may be sensitive: what is said about a row names its line, its id and a column, and never quotes a value.
"""
