"""Plain pages about a fleet: one overview, one page for each cluster, their style and their script."""

from app.render.site.pages import SiteRenderer
from app.render.site.record import NIGHTS, ClusterRecord, kept_record

__all__ = ["NIGHTS", "ClusterRecord", "SiteRenderer", "kept_record"]
