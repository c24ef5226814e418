"""The lasting index: a log of records in SQL, the only truth, and postings derived from it."""

from dedup.index.index import Index, open_index, rebuild_index
from dedup.index.verdict import Fault, IndexStats, Verdict

__all__ = ["Fault", "Index", "IndexStats", "Verdict", "open_index", "rebuild_index"]
