"""Tokens to sketches: the three views of an article, as columns of arrays.

In: bodies and their languages. Out: `Sketches`, one row an article: MinHash signatures, shingles,
story features and their samples. Start with `build`.
"""
