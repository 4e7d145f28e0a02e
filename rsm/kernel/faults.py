"""Named points where a test may stop the work as a crash would.

In production no hook is installed and `point` does nothing. The code names every place where a
process may die between two effects ("deliver.sent", "submit.recorded" …); a test installs a hook
that raises, or kills the process, at one of them. Nothing here reads the environment.
"""

from collections.abc import Callable

Hook = Callable[[str], None]

_hooks: list[Hook] = []  # none, or one


def install(hook: Hook | None) -> None:
    """Let the hook be called at every point; None takes it away. Only tests call this."""
    _hooks[:] = [] if hook is None else [hook]


def point(name: str) -> None:
    """Say that the work has come to a named point; without a hook this is a no-op."""
    for hook in _hooks:
        hook(name)
