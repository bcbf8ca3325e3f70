"""Every performed check: one file each, one line in CHECKS."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from app.evaluate.checks import (
    authorization_policy_allow_all,
    authorization_policy_missing,
    certificate_expiring_soon,
    certificate_not_in_inventory,
    cni_does_not_enforce_policies,
    control_plane_exposed,
    control_plane_tls_weak,
    cross_zone_path_into_cde,
    cross_zone_path_out_of_cde,
    dns_egress_missing,
    egress_to_cloud_metadata_allowed,
    egress_to_internet_unrestricted,
    evidence_integrity_broken,
    exception_expired_or_unsigned,
    expired_certificate,
    external_exposure_undeclared,
    flow_log_source_missing,
    flow_not_in_approved_register,
    host_network_bypasses_policy,
    insecure_protocol_allowed,
    lb_without_tls,
    mesh_workload_not_enrolled,
    mixed_sensitivity_on_node,
    namespace_without_default_deny_egress,
    namespace_without_default_deny_ingress,
    node_to_node_encryption_off,
    permissive_mtls,
    plaintext_backend_after_tls_termination,
    plaintext_path,
    pod_without_egress_isolation,
    pod_without_ingress_isolation,
    policy_allow_all_egress,
    policy_allow_all_ingress,
    policy_change_without_approval,
    policy_drift_from_baseline,
    policy_enforcement_degraded,
    policy_overly_broad,
    policy_selects_nothing,
    policy_write_access_too_broad,
    reachability_probe_contradicts_policy,
    review_attestation_overdue,
    scan_coverage_incomplete,
    scan_night_missing,
    scope_label_missing,
    segmentation_test_overdue,
    tenant_to_tenant_path,
    tls_verification_disabled,
    untrusted_certificate,
    untrusted_path_to_data_store,
    weak_cipher_suite,
    weak_tls_version,
)
from app.evaluate.checks.common.verdicts import Check
from app.model.facts import Facts
from app.model.finding import CheckRun

# The order of the catalogue.
CHECKS: tuple[Check, ...] = (
    namespace_without_default_deny_ingress.CHECK,
    namespace_without_default_deny_egress.CHECK,
    pod_without_ingress_isolation.CHECK,
    pod_without_egress_isolation.CHECK,
    policy_allow_all_ingress.CHECK,
    policy_allow_all_egress.CHECK,
    policy_overly_broad.CHECK,
    policy_selects_nothing.CHECK,
    cni_does_not_enforce_policies.CHECK,
    policy_enforcement_degraded.CHECK,
    host_network_bypasses_policy.CHECK,
    cross_zone_path_into_cde.CHECK,
    cross_zone_path_out_of_cde.CHECK,
    untrusted_path_to_data_store.CHECK,
    tenant_to_tenant_path.CHECK,
    egress_to_internet_unrestricted.CHECK,
    egress_to_cloud_metadata_allowed.CHECK,
    dns_egress_missing.CHECK,
    external_exposure_undeclared.CHECK,
    control_plane_exposed.CHECK,
    mixed_sensitivity_on_node.CHECK,
    reachability_probe_contradicts_policy.CHECK,
    flow_not_in_approved_register.CHECK,
    insecure_protocol_allowed.CHECK,
    policy_change_without_approval.CHECK,
    policy_drift_from_baseline.CHECK,
    policy_write_access_too_broad.CHECK,
    scope_label_missing.CHECK,
    flow_log_source_missing.CHECK,
    plaintext_path.CHECK,
    permissive_mtls.CHECK,
    mesh_workload_not_enrolled.CHECK,
    node_to_node_encryption_off.CHECK,
    lb_without_tls.CHECK,
    plaintext_backend_after_tls_termination.CHECK,
    weak_tls_version.CHECK,
    weak_cipher_suite.CHECK,
    tls_verification_disabled.CHECK,
    expired_certificate.CHECK,
    certificate_expiring_soon.CHECK,
    untrusted_certificate.CHECK,
    certificate_not_in_inventory.CHECK,
    control_plane_tls_weak.CHECK,
    authorization_policy_missing.CHECK,
    authorization_policy_allow_all.CHECK,
    review_attestation_overdue.CHECK,
    segmentation_test_overdue.CHECK,
    exception_expired_or_unsigned.CHECK,
    scan_coverage_incomplete.CHECK,
    scan_night_missing.CHECK,
    evidence_integrity_broken.CHECK,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks said, in the order of `CHECKS`.

    `streaks` has, by `check id/subject id`, in how many consecutive scans a condition held that is a finding only when
    it lasts; this scan included. It goes into the next scan's `RunContext`.
    """

    runs: tuple[CheckRun, ...]
    streaks: Mapping[str, int]


def run_checks(facts: Facts) -> Checked:
    """Perform every check on one snapshot; the same facts always give the same results."""
    asks_others = exception_expired_or_unsigned.CHECK.id
    found = {check.id: check.run(facts) for check in CHECKS if check.id != asks_others}
    last = exception_expired_or_unsigned.CHECK.run(replace(facts, found=tuple(found.values())))
    runs = tuple(found.get(check.id, last) for check in CHECKS)
    return Checked(runs, _streaks(runs))


def run_some(facts: Facts, ids: Collection[str]) -> tuple[CheckRun, ...]:
    """Perform some checks that ask no others, in the order of the catalogue."""
    return tuple(check.run(facts) for check in CHECKS if check.id in ids)


def _streaks(runs: Iterable[CheckRun]) -> dict[str, int]:
    found: dict[str, int] = {}
    for run in runs:
        for result in run.results:
            nights = result.data.get(policy_selects_nothing.STREAK)
            if isinstance(nights, int) and nights > 0:
                found[f"{result.check}/{result.subject.id}"] = nights
    return dict(sorted(found.items()))


__all__ = ["CHECKS", "Check", "Checked", "run_checks", "run_some"]
