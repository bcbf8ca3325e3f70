"""Findings → controls: documents read strictly, check results rolled up to states (pure)."""

from app.assess.assessment import assess
from app.assess.configuration import Configuration, read_documents
from app.assess.schemas import schemas

__all__ = ["Configuration", "assess", "read_documents", "schemas"]
