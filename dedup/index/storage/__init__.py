"""What is derived from the log: sorted segments, an in-memory table, stored sketches, counts.

In: rows of the log. Out: for a key the articles that have it. Start with `derived`.
"""
