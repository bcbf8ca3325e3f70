"""Plain pages about a fleet: an overview, a search, a page for each cluster, and what the search looks through."""

from app.render.site.finder import MOST_PATHS, finding_shards, path_shards
from app.render.site.pages import SiteRenderer
from app.render.site.record import (
    FRESH,
    NIGHTS,
    RECENT,
    ClusterRecord,
    Overview,
    kept_record,
    latest_stored,
    overview,
)

__all__ = [
    "FRESH",
    "MOST_PATHS",
    "NIGHTS",
    "RECENT",
    "ClusterRecord",
    "Overview",
    "SiteRenderer",
    "finding_shards",
    "kept_record",
    "latest_stored",
    "overview",
    "path_shards",
]
