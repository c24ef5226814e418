"""Text to tokens: normalising, words, their hashes and rarities, languages and dates.

In: the body of an article. Out: arrays of token hashes with character offsets, and what each word
weighs in its language. Start with `normalise`, then `tokenise`.
"""
