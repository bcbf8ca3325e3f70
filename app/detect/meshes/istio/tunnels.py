"""Whether the Envoy of a client opens HBONE tunnels to pods in ambient mode.

The control plane decides, where it runs with ambient mode; up to 1.21 a proxy had to be told as well. A proxy may be told not to.
Source: Istio, `pilot/pkg/features/ambient.go`, `pilot/pkg/xds/endpoints/endpoint_builder.go`.
"""

from app.detect.meshes.common.logic import known
from app.detect.meshes.istio.control_plane import ControlPlane
from app.detect.meshes.istio.membership import HBONE, NO_HBONE, Place
from app.detect.meshes.istio.mesh_config import MeshConfig
from app.model.encryption import Known


def tunnels(found: Place | None, config: MeshConfig, parts: ControlPlane) -> Known:
    """By control plane and proxy; where no control plane was read, by what the proxy is told."""
    told = _told(found, config)
    if _says(found, NO_HBONE):
        return Known.NO
    if parts.hidden:
        return Known.UNKNOWN
    if parts.tunnels is None or (parts.tunnels and not parts.tunnels_by_itself):
        return known(told)
    if parts.tunnels:
        return Known.YES
    # A proxy may be told to by a control plane that runs without ambient mode; what then happens is not read.
    return Known.UNKNOWN if told else Known.NO


def _told(found: Place | None, config: MeshConfig) -> bool:
    """By its own environment, or by the settings of the mesh where it is still to be injected."""
    if found is not None and found.proxy is None:
        return config.hbone
    return _says(found, HBONE)


def _says(found: Place | None, name: str) -> bool:
    proxy = found.proxy if found else None
    return proxy is not None and proxy.container.variable(name).get("value") == "true"
