"""The log of records in SQL, the only truth of an index.

In: articles and removals. Out: rows in order, read again by every process. Start with `log`.
"""
