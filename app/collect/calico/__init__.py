"""Calico's policies → normal form."""
