"""Which encryption key Cilium announces for each endpoint: peers encrypt to a pod by exactly this value.

255 stands for WireGuard, 1 to 15 are IPsec key ids, absent or 0 is "not encrypted".
Source: Cilium source, `GetEndpointEncryptKeyIndex`; CRDs CiliumEndpoint and CiliumEndpointSlice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from app.detect.evidence import Evidence
from app.detect.fields import dig, mapping, sequence, text
from app.detect.settings import ConfigMap
from app.model.identity import ObjectRef
from app.model.platform import Sign

WIREGUARD = 255
_GROUP = "cilium.io"


@dataclass(frozen=True, slots=True)
class Announced:
    """The key of one endpoint."""

    key: int
    sign: Sign


@dataclass(frozen=True)
class Endpoints:
    """Keys of all endpoints by namespace and name of their pod.

    `doubt` says why a pod that is missing here may have one all the same; `given` is False where no endpoint was read.
    """

    keys: Mapping[tuple[str, str], Announced]
    doubt: str
    given: bool

    @classmethod
    def of(cls, evidence: Evidence, config: ConfigMap) -> Self:
        """Read endpoints in both of their forms."""
        keys = {**_single(evidence), **_sliced(evidence)}
        return cls(keys, _doubt(evidence, config), bool(keys))

    def of_pod(self, pod: ObjectRef) -> Announced | None:
        """The pod's endpoint."""
        return self.keys.get((pod.namespace, pod.name))


def _doubt(evidence: Evidence, config: ConfigMap) -> str:
    disabled = config.get("disable-endpoint-crd")
    if disabled and disabled.truth is not False:
        return "disable-endpoint-crd is set, so there are no CiliumEndpoint objects"
    slices = config.get("enable-cilium-endpoint-slice")
    kind = "CiliumEndpointSlice" if slices and slices.truth is not False else "CiliumEndpoint"
    return evidence.doubt(_GROUP, kind)


def _single(evidence: Evidence) -> dict[tuple[str, str], Announced]:
    found = {}
    for item in evidence.snapshot.of_kind(_GROUP, "CiliumEndpoint"):
        key = _number(dig(item.parsed(), "status", "encryption", "key"))
        sign = _sign(item.ref, "status.encryption.key", key, item.digest)
        found[item.ref.namespace, item.ref.name] = Announced(key, sign)
    return found


def _sliced(evidence: Evidence) -> dict[tuple[str, str], Announced]:
    found = {}
    for item in evidence.snapshot.of_kind(_GROUP, "CiliumEndpointSlice"):
        body = item.parsed()
        namespace = text(body.get("namespace"))
        for index, entry in enumerate(sequence(body.get("endpoints"))):
            key = _number(dig(entry, "encryption", "key"))
            sign = _sign(item.ref, f"endpoints[{index}].encryption.key", key, item.digest)
            found[namespace, text(mapping(entry).get("name"))] = Announced(key, sign)
    return found


def _sign(ref: ObjectRef, path: str, key: int, digest: str) -> Sign:
    return Sign(ref, path, str(key), "peers encrypt to this endpoint by this key", digest)


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
