"""A module that counts."""
import os
from collections import Counter

LIMIT = 10
names: list[str] = []


def top(n, *, key=None):
    """The n most frequent."""
    def by_count(pair):
        return pair[1]
    local = 3
    return sorted(names, key=key or by_count)[:n]


# Holds counts,
# and nothing else.
@dataclass(frozen=True)
class Counts(Base):
    total: int = 0

    class Meta:
        ordering = ["total"]

    def __init__(self):
        self.total = 0

    @property
    def mean(self) -> float:
        return self.total / LIMIT

    async def save(self, path): ...


async def fetch(url):
    if url:
        async with get(url) as response:
            return response


if os.name == "posix":
    def only_here():
        pass

square = lambda x: x * x
