"""Search: an analysed corpus to findings, the second time without what its outlets repeat."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dedup.analyse import Analysed, analyse_again
from dedup.config import Config
from dedup.publish import Findings, name_findings
from dedup.relate import relate_articles
from dedup.spool import Spool
from dedup.trim import trim_boilerplate
from dedup.watch import Watch


def search_articles(analysed: Analysed, config: Config, workers: int, watch: Watch) -> Findings:
    """What is found among articles as they are."""
    with watch.stage("find"):
        return name_findings(analysed, relate_articles(analysed, config, workers))


def search_spool(
    spool: Spool, analysed: Analysed, folder: Path, config: Config, workers: int, watch: Watch
) -> Findings:
    """What is found without the lines that outlets repeat: they make false matches, hide true.

    The spool's pages are trimmed; the sketches of those that changed go to `folder`, made anew.
    """
    findings = search_articles(analysed, config, workers, watch)
    if not config.strip.boilerplate or config.strip.mode == "off":
        return findings
    if not any(s.names for s in analysed.standings if s.kind == "main"):  # no outlet is known
        return findings
    with watch.stage("take off boilerplate"):
        rows = np.flatnonzero(trim_boilerplate(spool, findings.story_by_id()))
    if not len(rows):
        return findings
    with watch.stage("sketch"):
        changed = spool.select(rows)
        analysed = analyse_again(findings.analysed, changed, rows, config.sketch, workers, folder)
    return search_articles(analysed, config, workers, watch)
