"""A process that writes scans until it is killed. As a script: `writer.py DATABASE_URL CLUSTER`."""

import sys
from itertools import count
from multiprocessing.connection import Connection

from app.store import PostgresStore, create_engine
from tests.histories import night, pods, record, result, snapshot

_OBJECTS = 800


def main(url: str, cluster: str, begun: Connection | None = None) -> None:
    """Write one night after the other, each with many changes; says when the first run has begun."""
    store = PostgresStore(create_engine(url))
    for turn in count():
        with store.exclusive(cluster):
            if begun and turn == 0:
                begun.send(turn)
            number = store.context(cluster, night(1)).previous or 0
            at = night(number + 1)
            changed = {f"pod-{index:04}": number if index % 3 else index for index in range(_OBJECTS)}
            failing = [result(f"ns-{index}", says=f"night {number}") for index in range(number % 7 * 20)]
            taken = snapshot(pods(**changed), at=at, cluster=cluster)
            store.save(record(*failing, at=at, cluster=cluster), taken)


if __name__ == "__main__":
    main(*sys.argv[1:])
