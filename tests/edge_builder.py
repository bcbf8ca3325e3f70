"""Made-up edges of the report's cluster: one way in of each kind of answer, one certificate of each kind of source."""

from datetime import datetime, timedelta

from app.model.certificate import X509, Certificate, CertificateSource
from app.model.connections import Protocol
from app.model.edge import ANY_HOST, Edges, Endpoint, Exposure, Leg, Security, Target, Way
from app.model.encryption import EvidenceStrength, Known
from app.model.identity import ObjectRef

INGRESS = ObjectRef("networking.k8s.io", "Ingress", "shop", "front")
SERVICE = ObjectRef("", "Service", "payments", "legacy")
NODES = ObjectRef("apps", "DaemonSet", "monitoring", "node-exporter")
RESIDUAL = "Traffic from a pod's own node always reaches it: no policy stops that."


def leg(security, says, strength=EvidenceStrength.CONFIGURED, **more):
    return Leg(security, strength, says, **more)


def target(workload, port, admitted, security=Security.PLAIN):
    return Target(workload, Protocol.TCP, port, "", (), admitted, "its policies say so", leg(security, "x"))


def edges(at: datetime) -> Edges:
    """Edges as they are at one time."""
    ends = [
        Endpoint("shop.example", 80, Protocol.TCP, leg(Security.REDIRECT, "ssl-redirect is on")),
        Endpoint(
            "shop.example",
            443,
            Protocol.TCP,
            leg(Security.TLS, "seen", EvidenceStrength.OBSERVED, lowest="TLS 1.2", secret="shop/front-tls"),
        ),
    ]
    passed = leg(Security.PASSED, "a node port carries what the pod speaks")
    return Edges(
        exposures=(
            Exposure(
                "DaemonSet monitoring/node-exporter",
                NODES,
                Way.HOST_NETWORK,
                "spec.template.spec.containers",
                "takes host port 9100 of its nodes",
                endpoints=(Endpoint(ANY_HOST, 9100, Protocol.TCP, passed),),
                targets=(target("monitoring/node-exporter[DaemonSet]", 9100, Known.YES, Security.PASSED),),
            ),
            Exposure(
                "Ingress shop/front",
                INGRESS,
                Way.INGRESS,
                "spec",
                "routes requests for shop.example",
                endpoints=tuple(ends),
                targets=(target("shop/web[Deployment]", 8080, Known.UNKNOWN),),
            ),
            Exposure(
                "Service payments/legacy",
                SERVICE,
                Way.LOAD_BALANCER,
                "spec.type",
                "is a LoadBalancer Service",
                internal=True,
                endpoints=(
                    Endpoint("203.0.113.7", 8443, Protocol.TCP, leg(Security.PLAIN, "content in plain text")),
                ),
                unresolved=("Service payments/legacy selects no pod that was read",),
            ),
        ),
        certificates=_certificates(at),
        residuals=(RESIDUAL,),
    )


def _certificates(at: datetime) -> tuple[Certificate, ...]:
    served = X509(
        subject="CN=shop.example",
        issuer="CN=Public CA,O=Authority",
        names=("shop.example", "www.shop.example"),
        not_before=at - timedelta(days=60),
        not_after=at + timedelta(days=120),
        serial="1f",
        key="EC secp256r1",
        signature="sha256",
        authority=False,
        self_signed=False,
        fingerprint="ab" * 32,
    )
    return (
        Certificate(
            "Certificate shop/front",
            CertificateSource.STATUS,
            ObjectRef("cert-manager.io", "Certificate", "shop", "front"),
            "status",
            EvidenceStrength.CONFIGURED,
            secret="shop/front-tls",
            names=("shop.example",),
            not_after=at + timedelta(days=12),
            renewal=at + timedelta(days=2),
            ready=Known.YES,
            issuer="ClusterIssuer public",
            exposures=("Ingress shop/front",),
        ),
        Certificate(
            "Secret payments/legacy-tls",
            CertificateSource.SECRET,
            ObjectRef("", "Secret", "payments", "legacy-tls"),
            "data",
            EvidenceStrength.CONFIGURED,
            secret="payments/legacy-tls",
            names=("legacy.payments.example",),
            not_before=at - timedelta(days=400),
            not_after=at - timedelta(days=35),
            issuer="CN=legacy.payments.example",
            self_signed=Known.YES,
        ),
        Certificate(
            "Secret shop/other-tls",
            CertificateSource.REFERENCE,
            INGRESS,
            "spec",
            EvidenceStrength.INTENDED,
            secret="shop/other-tls",
        ),
        Certificate(
            "served shop.example:443",
            CertificateSource.SERVED,
            INGRESS,
            "chain",
            EvidenceStrength.OBSERVED,
            names=served.names,
            not_before=served.not_before,
            not_after=served.not_after,
            issuer=served.issuer,
            self_signed=Known.NO,
            x509=served,
            exposures=("Ingress shop/front",),
        ),
    )
