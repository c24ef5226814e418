"""Sketches to verified pairs: LSH proposes, exact counts decide, evidence explains.

In: `Sketches`. Out: `Pairs` with relation and scores, and for a pair the passages and terms that
both articles have. Start with `lsh` (near copies and passages), `story_candidates`, `verify`.
"""
