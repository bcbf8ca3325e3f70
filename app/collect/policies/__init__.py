"""Policies of every API → normal form: one module per API, one line for each in `APIS`."""

from app.collect.policies.api import Context, PolicyApi
from app.collect.policies.reading import APIS, PoliciesRead, read_policies

__all__ = ["APIS", "Context", "PoliciesRead", "PolicyApi", "read_policies"]
