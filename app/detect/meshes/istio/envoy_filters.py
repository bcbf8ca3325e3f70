"""EnvoyFilter objects: they may change anything in the proxies that they hold for, and none of it is worked out."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from app.detect.evidence import Evidence
from app.detect.fields import dig
from app.detect.meshes.istio.objects import NETWORKING, match_labels
from app.detect.pods import SeenPod
from app.detect.served import covers
from app.model.inventory import Labels

KIND = (NETWORKING, "EnvoyFilter")


@dataclass(frozen=True)
class EnvoyFilters:
    """All of a cluster."""

    evidence: Evidence

    def hold_for(self, pod: SeenPod, root: str) -> bool:
        """Whether one of the pod's namespace or of the root namespace holds for its proxy."""
        return any(
            selector is None or covers(selector, pod.labels)
            for namespace in {pod.pod.namespace, root} & self._selectors.keys()
            for selector in self._selectors[namespace]
        )

    @cached_property
    def _selectors(self) -> Mapping[str, list[Labels | None]]:
        found: dict[str, list[Labels | None]] = {}
        for item in self.evidence.snapshot.of_kind(*KIND):
            chosen = dig(item.parsed(), "spec", "workloadSelector", "labels")
            found.setdefault(item.ref.namespace, []).append(match_labels({"matchLabels": chosen}))
        return found
