"""Frozen values that flow between the stages: no I/O, no clock, no randomness.

identity     how objects are named
canonical    the one byte form of a value, and its digest
snapshot     what was collected, and what was not
inventory    typed Kubernetes objects that the engine understands
policy       network policies in normal form
connections  sets of ports and protocols, with their algebra
decision     why one connection is allowed or denied
reachability who can connect to whom
platform     which network plugin runs and what it enforces, node by node
scope        zones, boundaries and the registers that people own
finding      what a check says about one subject
control      frameworks, controls and their states
ledger       what a framework's mapping can show at all, and what it leaves open
history      scans, slots, intervals and points over time
ports        what the pipeline needs from the outside world
"""
