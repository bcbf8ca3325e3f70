"""Benchmarks that a person runs; each compares within one run, so that the machine cancels out."""
