"""Suites that a component takes where none are set: those of the Go version that its Kubernetes version is built with.

Sources: release notes of Go 1.22 (static RSA leaves the default list) and 1.23 (3DES leaves it), the Go versions of Kubernetes
releases (1.30 and 1.31: 1.22; 1.32: 1.23) and of etcd 3.6 (1.23), which keep the defaults of their minor version, and the
references of the components.
"""

import re

from app.evaluate.edges.flags import Default
from app.model.encryption import Known

_VERSION = re.compile(r"v?1\.([0-9]{1,3})(?=[.+-]|$)")
_WITHOUT_RSA, _WITHOUT_3DES = 30, 32
_ETCD = re.compile(r"v?3\.([0-9]{1,3})(?=[.+-]|$)")
_ETCD_WITHOUT = 6


def minor_of(version: str) -> int | None:
    """`v1.33.1`, `v1.33.1+rke2r1`, or the tag of an image, as its minor number; None for anything else."""
    found = _VERSION.match(version.strip())
    return int(found[1]) if found else None


def image_version(image: str) -> str:
    """The tag of an image; empty where it has none but a digest."""
    name = image.partition("@")[0].rpartition("/")[2]
    return name.partition(":")[2]


def default_suites(version: str) -> Default:
    """Whether the default list of a Kubernetes version has no weak suite."""
    minor = minor_of(version)
    if minor is None:
        return Known.UNKNOWN, "and which suites it then takes depends on its version, which was not read"
    if minor < _WITHOUT_RSA:
        return Known.NO, f"and Kubernetes 1.{minor} then takes suites without forward secrecy (TLS_RSA_…)"
    if minor < _WITHOUT_3DES:
        return Known.NO, f"and Kubernetes 1.{minor} then takes TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"
    return Known.YES, f"and the default list of Kubernetes 1.{minor} has no weak suite"


def default_etcd_suites(version: str) -> Default:
    """Whether the default list of a version of etcd has no weak suite; patches of 3.5 and before were built with many."""
    found = _ETCD.match(version.strip())
    if found and int(found[1]) >= _ETCD_WITHOUT:
        return Known.YES, f"and the default list of etcd 3.{found[1]} has no weak suite"
    return Known.UNKNOWN, "and which suites it then takes depends on the Go version that it was built with"
