"""A run over a corpus: from inputs to the files of its output folder.

In: paths and a config. Out: stripped pages in a spool, then matches, clusters and kept bodies.
Start with `search`; `dedup/pipeline.py` calls the stages in order.
"""
