"""Encryption in transit: verdicts about paths and listeners, from meshes, links and reachability (pure).

kinds      pods sorted by what meshes and links can tell apart
layers     what two kinds get from each layer
verdict    the label of two kinds at one port, with three-valued facts
pairs      groups of kinds, port by port: the weakest verdict of all pairs of pods
places     pairs of pods on one node
counting   verdicts with their pods counted, also along many rows
listeners  what a port accepts, and from whom
tally      pairs of workloads by label
engine     all of it behind `app.model.transit.Encryption`
"""

from app.evaluate.encryption.engine import EncryptionEngine, encryption

__all__ = ["EncryptionEngine", "encryption"]
