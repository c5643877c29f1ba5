import ast

from tests.architecture.sources import sources

# The named edges of processes: what reaches them has no other place left to go.
EDGES = 5


def catches_everything(handler):
    names = ast.walk(handler.type) if handler.type is not None else ()
    return handler.type is None or any(
        isinstance(name, ast.Name) and name.id in {"Exception", "BaseException"} for name in names
    )


def test_everything_is_caught_only_at_process_edges():
    found = [
        f"{s.name}:{node.lineno}"
        for s in sources()
        for node in ast.walk(s.tree)
        if isinstance(node, ast.ExceptHandler) and catches_everything(node)
    ]
    assert len(found) <= EDGES, found


def test_nothing_is_suppressed_wholesale():
    found = [s.name for s in sources() if "suppress(Exception" in s.text]
    assert not found
