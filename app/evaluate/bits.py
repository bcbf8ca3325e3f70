"""Sets of small numbers as Python integers: bit n is set when n is a member."""

from collections.abc import Iterable, Iterator


def members(bits: int) -> Iterator[int]:
    """Members of a set, ascending; time grows with the highest member plus the number of members."""
    text = bin(bits)[:1:-1]
    at = text.find("1")
    while at >= 0:
        yield at
        at = text.find("1", at + 1)


def run(first: int, end: int) -> int:
    """The set of all numbers from `first` up to, and without, `end`."""
    return (1 << end) - (1 << first)


def union(sets: Iterable[int]) -> int:
    """Members of any of the sets."""
    result = 0
    for item in sets:
        result |= item
    return result


def as_set(numbers: Iterable[int]) -> int:
    """The set of these numbers; linear in their sum of words, not in their square."""
    taken = sorted(numbers)
    if not taken:
        return 0
    words = bytearray(taken[-1] // 8 + 1)
    for number in taken:
        words[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(words, "little")
