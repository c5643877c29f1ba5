"""File names that stay the same whatever machine, build or release they come from."""

import re

# Names so common that only their folder tells them apart.
_COMMON = frozenset({
    "__init__", "__main__", "index", "main", "mod", "lib", "app", "page", "route", "layout", "init",
    "views", "models", "utils", "base", "server", "handler", "handlers", "client", "types",
})  # fmt: skip
# Folders that a container or a build puts the code in: they do not belong to the name.
_HOUSING = frozenset({"", "app", "src", "code", "dist", "build", "out", "workspace", "current"})
_VERSION = re.compile(r"@v?\d[\w.+-]*|-v?\d+(?:\.\d+)+(?:[-+]\w+)*(?=\.|$)")
_HASH = re.compile(r"(?<=[.\-_])(?=[A-Za-z]*\d)[0-9A-Fa-f]{6,64}(?=[.\-_]|$)")
# Bundlers put eight characters in front of the suffix: with a digit, in capitals, or mixed.
_BUNDLE_HASH = re.compile(
    r"(?<=[.\-])(?:(?=[A-Za-z_-]*\d)[\w-]{8}|[A-Z2-7]{8}|(?=[\w-]{0,6}[a-z_-][A-Z])[\w-]{8})"
    r"(?=\.(?:chunk\.|min\.|bundle\.)*[cm]?js\b)"
    r"|(?<=~)[0-9a-f]{6,40}(?=\.)"
)
# A file whose whole name is a hash.
_HASHED = re.compile(
    r"^(?:(?=[a-f]*\d)[0-9a-f]{6,64}|(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])(?=\D*\d)[\w-]{8})"
    r"(?=\.(?:chunk\.|min\.|bundle\.)*[cm]?js\b)"
)
_COMPILED = re.compile(r"^[0-9a-f]{16,64}(?=\.)")
_NUMBER = re.compile(r"\d{3,}")


def file_name(path: str, also: frozenset[str] = frozenset()) -> str:
    """The last part of a path, with its folder where the name alone says little.

    `also`: further names that are common.
    """
    path = path.partition("?")[0].partition("#")[0].replace("\\", "/").rstrip("/")
    parts = path.rsplit("/", 2)
    name = stable(parts[-1])
    bare = name.partition(".")[0]
    if len(parts) == 1 or (bare not in _COMMON and bare not in also):
        return name
    # A folder just below the root is where this machine happens to keep the code.
    below_root = len(parts) > 2 and not parts[0]  # noqa: PLR2004
    folder = stable(parts[-2])
    return name if below_root or folder in _HOUSING else f"{folder}/{name}"


def stable(name: str) -> str:
    """A name without versions, hashes and long numbers."""
    if name.endswith("js"):
        name = _HASHED.sub("#", _BUNDLE_HASH.sub("#", name))
    name = _VERSION.sub("", name.lower())
    if not any(map(str.isdigit, name)):
        return name
    return _NUMBER.sub("#", _HASH.sub("#", _COMPILED.sub("#", name)))
