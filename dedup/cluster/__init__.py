"""Verified pairs to clusters: copies, and the stories that copies and rewrites tell.

In: `Pairs` and what is known of each article. Out: groups of rows, each with its canonical and the
rule that chose it. Start with `linkage`, then `copies`.
"""
