"""Distributions as they are installed beside us: a module, and what says that it is a plug-in."""

from contextlib import contextmanager

from config.recovery_policy import installed_words

OFF_HOURS = """
import pluggy

hookimpl = pluggy.HookimplMarker("mendline")


@hookimpl
def strategies():
    return {"off_hours": lambda situation: None}


@hookimpl
def actions():
    return {"page_somebody": lambda order: {}}
"""
# A policy with what it adds.
PAGING = """
[use.fallback]
action = "page_somebody"
target = "ann"

[[rule]]
name = "one"
strategies = ["off_hours", "fallback"]
"""


def install_plugin(folder, name, source):
    """In a folder that the caller has put on the path of modules."""
    (folder / f"{name}.py").write_text(source)
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[mendline.plugins]\n{name} = {name}\n")


@contextmanager
def words_learnt_anew():
    """What is installed is asked for once a process."""
    installed_words.cache_clear()
    try:
        yield
    finally:
        installed_words.cache_clear()
