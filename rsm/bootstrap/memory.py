"""What Python's collector of garbage looks through in a process that lives long."""

import gc

# Reports and texts are many short-lived objects of which few are in cycles: looking after every
# seven hundred of them was an eighth of a simulation's time.
_GARBAGE = 100_000


def settle() -> None:
    """Call it once all is loaded: modules, templates, statements stay to the end, and are not
    looked through again; what comes after is, less often. It costs a little memory."""
    gc.collect()
    gc.set_threshold(_GARBAGE)
    gc.freeze()
