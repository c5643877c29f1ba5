"""What of a project is in the file: the tables, their columns, and in which order they come.

A row is written by PostgreSQL's `row_to_json` and read by `jsonb_populate_recordset`, so every
type is written as PostgreSQL itself reads it. Issues get new ids; what refers to them follows.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """One table. `issues` are the columns that hold the id of an issue.

    `project_id` is in no row: a file is of one project. `through` is the column by which rows of a
    table without a project belong to one.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    issues: tuple[str, ...] = ()
    through: str | None = None

    @property
    def whole(self) -> frozenset[str]:
        return frozenset((*self.columns, *self.issues))


ISSUE: Final = Kind(
    "issue",
    "issues",
    (
        *("id", "title", "culprit", "level", "category", "family", "kind", "transient"),
        *("severity", "component", "status", "status_changed_at", "ignored_until"),
        *("first_seen", "last_seen", "first_release", "last_release", "event_count"),
        "merged_into",
    ),
)
TABLES: Final = (
    Kind("rules", "project_rules", ("version", "content", "author", "created_at")),
    ISSUE,
    Kind(
        "key",
        "issue_fingerprints",
        (
            *("issue_key", "mechanism", "grouping_version", "created_at", "carried_version"),
            *("carried_from", "rule", "example"),
        ),
        ("issue_id",),
    ),
    Kind(
        "transition",
        "issue_transitions",
        ("old", "new", "reason", "actor", "at"),
        ("issue_id",),
        through="issue_id",
    ),
    Kind(
        "merge",
        "issue_merges",
        (
            *("issue_keys", "event_count", "target_first_seen", "target_last_seen"),
            *("actor", "at", "undone_at", "undone_by"),
        ),
        ("source_id", "target_id"),
        through="source_id",
    ),
    Kind(
        "facet",
        "issue_facets",
        ("kind", "value", "events", "first_seen", "last_seen"),
        ("issue_id",),
    ),
    Kind("minute", "issue_minutes", ("minute", "resolution", "events"), ("issue_id",)),
    Kind(
        "component",
        "component_minutes",
        (
            *("component", "minute", "resolution", "events", "successes", "failures"),
            *("duration_count", "duration_sum", "duration_max", "duration_buckets"),
            *("memory_max", "connections_lost"),
        ),
    ),
    Kind(
        "deploy",
        "deploys",
        ("kind", "name", "environment", "component", "note", "at", "created_by", "created_at"),
    ),
    Kind("kept", "kept_events", ("event_id", "why", "author", "at")),
)
BY_NAME: Final = {kind.name: kind for kind in TABLES}

# Of an event all columns but those of where it lies, and its document as it is.
EVENT: Final = "event"
EVENT_COLUMNS: Final = (
    *("event_id", "issue_id", "received_at", "timestamp", "level", "category", "family", "kind"),
    *("code", "proposal", "transient", "severity", "component", "release", "environment"),
    "thinned",
)
BOOK: Final = "book"
BOOK_COLUMNS: Final = frozenset({"day", "account", "count"})
# What was refused or skipped never was of the project; what is accepted follows from these.
ACCOUNTS: Final = ("stored", "duplicates", "thinned")
