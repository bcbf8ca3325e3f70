"""Policies of Cilium: read `policies` first, then `rules`, `peers` and `ports`."""

from app.collect.policies.cilium.policies import API

__all__ = ["API"]
