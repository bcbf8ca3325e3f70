"""Connecting to endpoints that a cluster declares, to see what they really answer. The only code that does so."""

from app.collect.tls.prober import ProbeSettings, TlsProber

__all__ = ["ProbeSettings", "TlsProber"]
