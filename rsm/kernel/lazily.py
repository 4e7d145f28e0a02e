"""What is read once somebody asks for it, and not at all when nobody does."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeVar, overload

Key = TypeVar("Key")
Value_co = TypeVar("Value_co", covariant=True)


class LazyMapping(Mapping[Key, Value_co]):
    """What `read` returns, read at the first look into it."""

    def __init__(self, read: Callable[[], Mapping[Key, Value_co]]) -> None:
        self._read = read

    @cached_property
    def _found(self) -> Mapping[Key, Value_co]:
        return self._read()

    def __getitem__(self, key: Key) -> Value_co:
        return self._found[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


class LazySequence(Sequence[Value_co]):
    """What `read` returns, read at the first look into it; what that raised is raised at each
    further one, and not tried again."""

    def __init__(self, read: Callable[[], Sequence[Value_co]]) -> None:
        self._read = read
        self._error: Exception | None = None

    @cached_property
    def _found(self) -> Sequence[Value_co]:
        if self._error is not None:
            raise self._error
        try:
            return self._read()
        except Exception as error:
            self._error = error
            raise

    @overload
    def __getitem__(self, at: int) -> Value_co: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Value_co]: ...

    def __getitem__(self, at: int | slice) -> Value_co | Sequence[Value_co]:
        return self._found[at]

    def __iter__(self) -> Iterator[Value_co]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)
