"""File names that stay the same whatever machine, build or release they come from."""

import re

# Names so common that only their folder tells them apart.
_COMMON = frozenset({
    "__init__", "__main__", "index", "main", "mod", "lib", "app", "page", "route", "layout", "init",
    "views", "models", "utils", "base", "server", "handler", "handlers", "client", "types",
})  # fmt: skip
_VERSION = re.compile(r"@v?\d[\w.+-]*|-v?\d+(?:\.\d+)+(?:[-+]\w+)*(?=\.|$)")
_HASH = re.compile(r"(?<=[.\-_])(?=[A-Za-z]*\d)[0-9A-Fa-f]{6,64}(?=[.\-_]|$)")
_BUNDLE_HASH = re.compile(
    r"(?<=[.\-])(?=[A-Za-z_]*\d)[A-Za-z0-9_]{8}(?=\.(?:chunk\.|min\.)?[cm]?js\b)"
)
_NUMBER = re.compile(r"\d{3,}")


def file_name(path: str) -> str:
    """The last part of a path, with its folder where the name alone says little."""
    path = path.partition("?")[0].partition("#")[0].replace("\\", "/").rstrip("/")
    parts = path.rsplit("/", 2)
    name = stable(parts[-1])
    if len(parts) > 1 and name.partition(".")[0] in _COMMON:
        return f"{stable(parts[-2])}/{name}"
    return name


def stable(name: str) -> str:
    """A name without versions, hashes and long numbers."""
    name = _VERSION.sub("", name.lower())
    if not any(map(str.isdigit, name)):
        return name
    name = _HASH.sub("#", name)
    name = _BUNDLE_HASH.sub("#", name)
    return _NUMBER.sub("#", name)
