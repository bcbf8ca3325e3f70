"""A process that writes scans until it is killed. Arguments: database URL, cluster."""

import sys
from itertools import count

from app.store import PostgresStore, create_engine
from tests.histories import night, pods, record, result, snapshot

_OBJECTS = 800


def main(url: str, cluster: str) -> None:
    store = PostgresStore(create_engine(url))
    for turn in count():
        with store.exclusive(cluster):
            number = store.context(cluster, night(1)).previous or 0
            sys.stdout.write(f"night {turn}\n")
            sys.stdout.flush()
            at = night(number + 1)
            changed = {f"pod-{index:04}": number if index % 3 else index for index in range(_OBJECTS)}
            failing = [result(f"ns-{index}", says=f"night {number}") for index in range(number % 7 * 20)]
            store.save(
                record(*failing, at=at, cluster=cluster), snapshot(pods(**changed), at=at, cluster=cluster)
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
