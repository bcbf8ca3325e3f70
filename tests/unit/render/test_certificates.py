"""The section of the edge and of certificates, over made-up ones of every kind."""

from dataclasses import replace
from datetime import timedelta

from app.render.dossier import Dossier
from app.render.sections import certificates
from tests.report_builder import empty_input, report_input

PAGE = certificates.build(Dossier(report_input()))


def row(table, first):
    for item in table.rows:
        cell = item.cells[0]
        if first in (cell, getattr(cell, "lines", ("",))[0]):
            return item
    raise AssertionError(first)


def test_each_way_in_says_what_it_speaks_and_how_that_is_known():
    assert row(PAGE.ways, "Ingress shop/front").cells[1].lines == (
        "shop.example port 80: redirect to https (declared)",
        "shop.example port 443: TLS 1.2 and newer (observed)",
    )
    assert row(PAGE.ways, "Ingress shop/front").cells[2].notes == ("not shown to be kept out",)
    assert "nodes port 9100" in row(PAGE.ways, "DaemonSet monitoring/node-exporter").cells[1].lines[0]
    assert row(PAGE.ways, "Service payments/legacy").cells[1].notes == ("asks for an internal address",)


def test_each_certificate_has_a_state_by_time():
    marks = {item.cells[0].lines[0]: item.cells[4].word for item in PAGE.certificates.rows}
    assert marks == {
        "Certificate shop/front": "Renewal planned",
        "Secret payments/legacy-tls": "Expired",
        "Secret shop/other-tls": "Not read",
        "served shop.example:443": "Valid",
    }


def test_what_is_not_known_is_said_and_never_valid():
    cells = row(PAGE.certificates, "Secret shop/other-tls").cells
    assert cells[3] == "not known"
    assert cells[4].state == "insufficient-evidence"


def test_a_cluster_without_any_says_so():
    page = certificates.build(Dossier(empty_input()))
    assert not page.ways.rows
    assert not page.certificates.rows
    assert page.ways.empty.startswith("No object")
    assert not page.notes


def test_a_weak_key_and_one_that_was_only_asked_for_are_told_as_such():
    report = report_input()
    edges = report.judgement.edges
    found = {item.id: item for item in edges.certificates}
    served, asked = found["served shop.example:443"], found["Certificate shop/front"]
    weak = replace(served, x509=replace(served.x509, key="RSA 1024", weak=("its key is RSA 1024",)))
    changed = replace(edges, certificates=(weak, replace(asked, x509=None, key="EC secp256r1")))
    report = replace(report, judgement=replace(report.judgement, edges=changed))
    page = certificates.build(Dossier(report))
    assert "weak: its key is RSA 1024" in row(page.certificates, served.id).cells[2].notes
    assert row(page.certificates, served.id).cells[4].word == "Too weak"
    assert "EC secp256r1, as asked for" in row(page.certificates, asked.id).cells[2].notes


def test_a_certificate_is_told_where_it_is_used_and_when_its_chain_ends():
    report = report_input()
    edges = report.judgement.edges
    served = next(item for item in edges.certificates if item.id == "served shop.example:443")
    gone = replace(served.x509, not_after=report.scan.taken_at - timedelta(days=1))
    changed = replace(served, chain=(gone,), exposures=("Ingress a/a", "Ingress b/b", "Ingress c/c"))
    report = replace(
        report, judgement=replace(report.judgement, edges=replace(edges, certificates=(changed,)))
    )
    cells = row(certificates.build(Dossier(report)).certificates, served.id).cells
    assert "for Ingress a/a, Ingress b/b and 1 more" in cells[0].notes
    assert cells[4].word == "Chain expired"
