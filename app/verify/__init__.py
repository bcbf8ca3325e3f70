"""Checks evidence from the file alone: what it holds against its digests, chain and signature. No database, no cluster.

Files come from anywhere, so every reader here is bounded, and whatever is wrong with a file ends in a sentence.
"""

from app.verify.bounds import MOST_SECONDS, bounded
from app.verify.comparison import compare_evidence, compare_pages, compare_results
from app.verify.digests import check_digests
from app.verify.evidence import Evidence, check_evidence, read_evidence
from app.verify.package import Package, open_packages
from app.verify.period import check_period, is_period
from app.verify.seals import Seal, check_seals

__all__ = [
    "MOST_SECONDS",
    "Evidence",
    "Package",
    "Seal",
    "bounded",
    "check_digests",
    "check_evidence",
    "check_period",
    "check_seals",
    "compare_evidence",
    "compare_pages",
    "compare_results",
    "is_period",
    "open_packages",
    "read_evidence",
]
