"""Findings → controls: documents read strictly, check results rolled up to states (pure)."""

from app.assess.assessment import assess
from app.assess.configuration import Configuration, read_documents
from app.assess.placing import Placed, RuleReach, placed
from app.assess.schemas import schemas

__all__ = ["Configuration", "Placed", "RuleReach", "assess", "placed", "read_documents", "schemas"]
