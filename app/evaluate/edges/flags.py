"""Questions about flags, worded once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from app.evaluate.edges.arguments import Argument, command_line
from app.evaluate.edges.world import Item
from app.model.control_plane import Finding
from app.model.encryption import Known
from app.model.suites import weak_suites

GO_VERSIONS = {
    "VersionTLS10": "TLS 1.0",
    "VersionTLS11": "TLS 1.1",
    "VersionTLS12": "TLS 1.2",
    "VersionTLS13": "TLS 1.3",
}
VERSIONS = {**GO_VERSIONS, "TLS1.2": "TLS 1.2", "TLS1.3": "TLS 1.3"}  # the last two as etcd writes them
Default = tuple[Known, str]  # whether a default holds, and a clause that goes on "…, and"
UNREAD = "its command line was not read"
OPENSHIFT_FILE = "openshift-config"
TRUE = ("true", "1", "t")  # in small letters
_TOO_OLD = ("VersionTLS10", "VersionTLS11")


@dataclass(frozen=True)
class Flags:
    """Flags of one container of one object. `elsewhere` says why an absent flag may be set all the same."""

    item: Item
    path: str
    found: Mapping[str, Argument]
    elsewhere: str = ""

    def value(self, name: str) -> str | None:
        """The value; None where the flag is absent."""
        flag = self.found.get(name)
        return flag.value if flag else None

    def finding(self, holds: Known, says: str, name: str, remedy: str) -> Finding:
        """An answer that rests on one flag."""
        flag = self.found.get(name)
        where = f"{self.path}.{flag.path}" if flag else f"{self.path}.command"
        value = f"--{name}={flag.value}" if flag else ""
        return Finding(holds, says, self.item.sign(where, value, says), remedy)

    def is_set(self, *names: str) -> Iterator[Finding]:
        """Each flag must name something."""
        for name in names:
            if self.value(name):
                yield self.finding(Known.YES, f"--{name} is set", name, "")
            elif self.elsewhere:
                yield self.finding(
                    Known.UNKNOWN, f"--{name} is not among the flags; {self.elsewhere}", name, ""
                )
            else:
                yield self.finding(Known.NO, f"--{name} is not set", name, f"Set --{name}.")

    def is_true(self, name: str) -> Finding:
        """The flag must be true; absent means false."""
        value = self.value(name)
        if value is None and self.elsewhere:
            return self.finding(Known.UNKNOWN, f"--{name} is not among the flags; {self.elsewhere}", name, "")
        good = (value or "").lower() in TRUE
        says = f"--{name} is true" if good else f"--{name} is not true"
        return self.finding(Known.YES if good else Known.NO, says, name, f"Set --{name}=true.")

    def is_not_true(self, name: str) -> Finding:
        """The flag must not be true; absent means false."""
        value = self.value(name)
        if value is None and self.elsewhere:
            return self.finding(Known.UNKNOWN, f"--{name} is not among the flags; {self.elsewhere}", name, "")
        bad = (value or "").lower() in TRUE
        says = f"--{name} is true" if bad else f"--{name} is not true"
        return self.finding(Known.NO if bad else Known.YES, says, name, f"Remove --{name}.")

    def urls(self, name: str, *, needed: bool) -> Iterator[Finding]:
        """Every URL of a list must be https or a local socket."""
        value = self.value(name)
        if value is None:
            if needed:
                yield from self.is_set(name)
            return
        clear = [url for url in value.split(",") if url.strip().startswith("http://") and not _is_local(url)]
        if clear:
            says = f"--{name} holds {clear[0].strip()}, which is not https"
            yield self.finding(Known.NO, says, name, f"Use https for every URL of --{name}.")
        else:
            yield self.finding(Known.YES, f"every URL of --{name} is https", name, "")

    def suites(self, name: str, default: Default) -> Finding:
        """None of the list may be weak; without one it is the list of the Go version that the program was built with."""
        value = self.value(name)
        remedy = f"Set --{name} to suites with forward secrecy and authenticated encryption."
        if value:
            weak = weak_suites(value.split(","))
            says = f"--{name} permits {', '.join(weak)}" if weak else f"--{name} names no weak suite"
            return self.finding(Known.NO if weak else Known.YES, says, name, remedy)
        if self.elsewhere:
            return self.finding(Known.UNKNOWN, f"--{name} is not among the flags; {self.elsewhere}", name, "")
        holds, says = default
        return self.finding(holds, f"--{name} is not set, {says}", name, remedy)

    def version(self, name: str) -> Finding:
        """The lowest version must be TLS 1.2 or newer, which is also the default."""
        value = self.value(name)
        if value in _TOO_OLD:
            says = f"--{name} permits {VERSIONS[value]}"
            return self.finding(Known.NO, says, name, f"Set --{name}=VersionTLS12 or newer.")
        if value and value not in VERSIONS:
            return self.finding(Known.UNKNOWN, f"--{name} is {value}, which is not known", name, "")
        if value is None and self.elsewhere:
            return self.finding(Known.UNKNOWN, f"--{name} is not among the flags; {self.elsewhere}", name, "")
        shown = VERSIONS.get(value or "", "TLS 1.2 by default")
        return self.finding(Known.YES, f"the lowest version is {shown}", name, "")


def elsewhere(found: Mapping[str, Argument], container: Mapping[str, Any]) -> str:
    """Why an absent flag may be set all the same; OpenShift starts components of the control plane with a file of settings."""
    if OPENSHIFT_FILE in found:
        return f"settings stand in {found[OPENSHIFT_FILE].value}, which is not read"
    return "" if command_line(container) else UNREAD


def _is_local(url: str) -> bool:
    """Etcd's metrics and health URLs listen on loopback in plain text by design of kubeadm."""
    host = url.strip().removeprefix("http://").partition("/")[0]
    return is_loopback(
        host.partition("]")[0].lstrip("[") if host.startswith("[") else host.rpartition(":")[0] or host
    )


def is_loopback(address: str) -> bool:
    """An address of the machine itself. A name that only begins like one, as `localhost.example` or `127.0.0.1.example`, is none."""
    if address == "localhost":
        return True
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
