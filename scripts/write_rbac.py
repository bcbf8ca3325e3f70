"""Write deploy/base/rbac.yaml: the account of the scanner, with the rights that the table of kinds asks for, and no other.

python scripts/write_rbac.py            # writes the file
python scripts/write_rbac.py --check    # exit code 1 when the file is not what the table says
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from app.collect.config_maps import PLACES
from app.collect.kinds import chosen

TARGET = Path(__file__).resolve().parent.parent / "deploy" / "base" / "rbac.yaml"

HEAD = """\
# Written by scripts/write_rbac.py from the table of kinds; `make rbac` writes it anew.
#
# Read-only rights of the scanner: `list`, kind by kind, nothing else. A kind that is left out becomes a collection gap,
# and the verdicts that need it become insufficient evidence; `netattest doctor` says which.
# Secrets are not read. With `collect.secrets: true` add `secrets` to the first rule: their names and types are read,
# their data never leaves the API server, but RBAC cannot tell the one from the other. Certificates of TLS Secrets are read
# only in namespaces that `collect.certificates` names: give each a Role with `list` on `secrets`, never this ClusterRole.
apiVersion: v1
kind: Namespace
metadata:
  name: netattest
  labels:
    pod-security.kubernetes.io/enforce: restricted
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: netattest
  namespace: netattest
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: netattest-reader
rules:
"""

TAIL = """\
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: netattest-reader
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: netattest-reader
subjects:
  - kind: ServiceAccount
    name: netattest
    namespace: netattest
"""


def text() -> str:
    """The whole file."""
    return HEAD + "".join(_lists()) + _config_maps() + TAIL


def _lists() -> Iterator[str]:
    groups: dict[str, set[str]] = {}
    for spec in chosen():
        if not spec.by_name:
            groups.setdefault(spec.group, set()).add(spec.resource)
    for group, resources in sorted(groups.items()):
        yield _rule(group, sorted(resources), "", "list")


def _config_maps() -> str:
    names = "    resourceNames:\n" + "".join(f"      - {name}\n" for name in sorted(PLACES))
    says = "  # Settings of network plugins and meshes, by name: other ConfigMaps are nobody's business.\n"
    return says + _rule("", ["configmaps"], names, "get")


def _rule(group: str, resources: list[str], names: str, verb: str) -> str:
    listed = "".join(f"      - {resource}\n" for resource in resources)
    return f'  - apiGroups: ["{group}"]\n    resources:\n{listed}{names}    verbs: ["{verb}"]\n'


def main() -> int:
    """Write the file, or compare it."""
    if sys.argv[1:] == ["--check"]:
        return 0 if TARGET.read_text() == text() else 1
    TARGET.write_text(text())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
