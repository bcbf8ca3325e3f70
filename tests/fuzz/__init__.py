"""Fuzzing of everything that reads input: `python -m tests.fuzz --minutes 30 NAME`. See `targets.py` for the names."""
