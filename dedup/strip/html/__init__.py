"""HTML to an article's blocks.

In: a page's HTML. Out: its visible text, one block a line, with the blocks that are the article's
marked. Start with `extract.py` (what is read of a page) and `article_blocks.py` (what is story).
"""
