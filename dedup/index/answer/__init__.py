"""What an index answers for a page: candidates compared, a status decided, evidence told.

In: prepared pages. Out: `Verdict`. Start with `decide`.
"""
