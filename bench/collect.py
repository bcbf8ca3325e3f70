"""How long a collection takes beside the raw requests: 10,000 pods from an API server, and from a JSON file.

The bar: reading 10,000 pods from an API server takes at most twice the raw paged requests plus the redaction itself.
Run it with `python -m bench.collect [--pods 10000]`; figures are ratios within one run, so that the machine cancels out.
"""

import argparse
import gc
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from app.collect import ApiSettings, KubernetesSource, ManifestSource, normalize
from app.collect.connection import connect
from app.collect.objects import identify, snapshot_object
from bench.dump import pod
from tests.apiserver import ApiServer


def seconds(work: Callable[[], Any], times: int = 3) -> float:
    """The best of several runs."""
    best = float("inf")
    for _ in range(times):
        gc.collect()
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def raw_pages(settings: ApiSettings) -> None:
    """The requests alone: every page is received, nothing is kept."""
    with connect(settings) as connection:
        query: dict[str, str | int] = {"limit": settings.page_size}
        while True:
            page = connection.get("/api/v1/pods", orjson_page, query)
            if not page:
                return
            query["continue"] = page


def orjson_page(data: bytes) -> str:
    """The page token, found without decoding the page."""
    head = data[: data.index(b'"items"')]
    return str(orjson.loads(head.rstrip(b", ") + b"}")["metadata"].get("continue", ""))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pods", type=int, default=10_000)
    pods = [pod(number) for number in range(parser.parse_args().pods)]
    raw = [orjson.dumps(item) for item in pods]
    print(f"{len(pods):,} pods, {sum(map(len, raw)) / 1e6:.1f} MB of JSON")

    def redaction() -> None:
        for data in raw:
            value = orjson.loads(data)
            snapshot_object(identify(value), value)

    with TemporaryDirectory() as folder, ApiServer(pods) as server:
        settings = ApiSettings(kubeconfig=server.kubeconfig(Path(folder, "kubeconfig")))
        requests = seconds(lambda: raw_pages(settings))
        alone = seconds(redaction)
        source = KubernetesSource(settings)
        whole = seconds(source.collect)
        print(f"raw paged requests      {requests:6.2f} s")
        print(f"decode and redact       {alone:6.2f} s")
        print(f"collect from the API    {whole:6.2f} s   {whole / (2 * requests + alone):.2f} of the bar")
        collected = source.collect()
        print(f"normalize               {seconds(lambda: normalize(collected.objects)):6.2f} s")
        path = Path(folder, "pods.json")
        items = [{**orjson.loads(item), "apiVersion": "v1", "kind": "Pod"} for item in raw]
        path.write_bytes(orjson.dumps({"kind": "List", "apiVersion": "v1", "items": items}))
        parse = seconds(lambda: orjson.loads(path.read_bytes()))
        from_file = seconds(ManifestSource([path]).collect)
        print(f"orjson parse of a file  {parse:6.2f} s")
        print(f"collect from the file   {from_file:6.2f} s   {from_file / parse:.2f} of the parse")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory, server and client together {peak:,.0f} MiB", file=sys.stderr)


if __name__ == "__main__":
    main()
