"""Which verdicts are lost without which data; the identifiers are those of `config/checks.yaml`."""

Checks = tuple[str, ...]

ISOLATION = (
    "namespace-without-default-deny-ingress",
    "namespace-without-default-deny-egress",
    "pod-without-ingress-isolation",
    "pod-without-egress-isolation",
)
RULES = (
    "policy-allow-all-ingress",
    "policy-allow-all-egress",
    "policy-overly-broad",
    "policy-selects-nothing",
)
ENFORCEMENT = ("cni-does-not-enforce-policies", "policy-enforcement-degraded")
PATHS = (
    "cross-zone-path-into-cde",
    "cross-zone-path-out-of-cde",
    "untrusted-path-to-data-store",
    "tenant-to-tenant-path",
    "egress-to-internet-unrestricted",
    "egress-to-cloud-metadata-allowed",
    "dns-egress-missing",
)
PLACEMENT = ("host-network-bypasses-policy", "mixed-sensitivity-on-node")
EXPOSURE = (
    "external-exposure-undeclared",
    "untrusted-path-to-data-store",
    "control-plane-exposed",
)
ENCRYPTION = (
    "plaintext-path",
    "permissive-mtls",
    "mesh-workload-not-enrolled",
    "node-to-node-encryption-off",
)
MESHES = (*ENCRYPTION, "policy-enforcement-degraded")  # modes of a mesh, beside what its traffic gets
CONTROL_PLANE = ("control-plane-tls-weak", "tls-verification-disabled")
EDGE_TLS = (
    "lb-without-tls",
    "plaintext-backend-after-tls-termination",
    "tls-verification-disabled",
    "weak-tls-version",
    "untrusted-certificate",
)
CERTIFICATES = ("expired-certificate", "certificate-expiring-soon", "certificate-not-in-inventory")
ACCESS = ("policy-write-access-too-broad",)
AUTHORISATION = ("authorization-policy-missing", "authorization-policy-allow-all")
SEGMENTATION = ISOLATION + RULES + PATHS
WORKLOADS = SEGMENTATION + PLACEMENT  # what counts workloads counts those that have no pod now
