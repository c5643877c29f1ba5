"""How long the rows of each table live: every table has its line here, and a test sees to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.maintenance.values import Keeping


@dataclass(frozen=True, slots=True)
class Aged:
    """Rows for which `over` holds go; `days` is a number, or the name of one in `Keeping`.

    `table` is set where the name is that of a part of a table.
    """

    over: str
    days: str | int
    table: str | None = None

    def days_in(self, values: Keeping) -> int:
        return self.days if isinstance(self.days, int) else int(getattr(values, self.days))


@dataclass(frozen=True, slots=True)
class With:
    """Rows go together with those of another table, by a foreign key that cascades."""

    table: str


@dataclass(frozen=True, slots=True)
class Stays:
    """Rows are not deleted for their age, and why that does no harm."""

    why: str


Lifetime = Aged | With | Stays

PEOPLE: Final = Stays("made by people, and theirs to take away")
FEW: Final = Stays("one row for each thing of a fixed set")

LIFETIMES: Final[Mapping[str, Lifetime]] = {
    # Events
    "events": Stays("day partitions are dropped and cropped as a whole"),
    "event_ids": Stays("forgotten with the event, before its partition goes"),
    "event_days": Aged("day < :before", "event_days"),
    "kept_events": Aged(
        """at < :before AND NOT EXISTS (
            SELECT FROM event_ids AS known WHERE known.event_id = kept_events.event_id)""",
        "event_days",
    ),
    "inbox": Stays("emptied by digestion; above its limit intake refuses"),
    "spool_progress": Aged("updated_at < :before", "run_days"),
    "payload_dictionaries": Stays("each is due after 30 times as many events as the one before"),
    "digest_flights": Stays("gone with the commit of the digest, or when its crash is found"),
    "message_deliveries": Aged("updated_at < :before", 14),
    # Issues
    "issues": Stays("one row for each distinct failure: what the platform knows"),
    "issue_fingerprints": With("issues"),
    "issue_transitions": Aged("at < :before", "rollup_days"),
    "issue_merges": With("issues"),
    "issue_patterns": With("issues"),
    "patterns": Stays("the miner forgets the rarest above its limit"),
    "pattern_aliases": With("patterns"),
    "signals": Aged("at < :before AND processed_at IS NOT NULL", "run_days"),
    "signals_unheard": Aged("at < :before AND processed_at IS NULL", "event_days", "signals"),
    "issue_facets": Aged("last_seen < :before", "rollup_days"),
    "issue_visitors": Aged("seen_at < :before", "event_days"),
    "issue_traces": Aged("kind = 2 AND seen_at < :before", "trace_days", "issue_visitors"),
    "visitor_limits": Aged(
        """set_at < :before AND NOT EXISTS (
            SELECT FROM issue_visitors AS met
            WHERE met.project_id = visitor_limits.project_id AND met.kind = visitor_limits.kind
              AND met.issue_id = visitor_limits.issue_id)""",
        "event_days",
    ),
    "issue_shapes": Aged(
        """made_at < :before AND NOT EXISTS (
            SELECT FROM issue_fingerprints AS known JOIN issues ON issues.id = known.issue_id
            WHERE known.project_id = issue_shapes.project_id
              AND known.issue_key = issue_shapes.issue_key AND issues.last_seen >= :before)""",
        "event_days",
    ),
    "sightings": Aged("last_seen < :before", "rollup_days"),
    "mark_counts": Aged("counted_at < :before", "rollup_days"),
    "merge_suggestions": Aged("state = 'open' AND made_at < :before", "event_days"),
    "merge_decisions": Aged(
        "state <> 'open' AND decided_at < :before", "rollup_days", "merge_suggestions"
    ),
    "correlation_groups": Aged("closed_at < :before", "event_days"),
    "correlation_members": With("correlation_groups"),
    "deploys": Aged("at < :before", "rollup_days"),
    # Counts
    "issue_minutes": Aged("resolution IN (60, 3600, 86400) AND minute < :before", "rollup_days"),
    "component_minutes": Aged(
        "resolution IN (60, 3600, 86400) AND minute < :before", "rollup_days"
    ),
    "gauge_minutes": Aged("minute < :before", "hour_days"),
    "rule_hits": Aged("day < :before", "rollup_days"),
    "book_entries": Stays("old days are added up by the month, so that the books stay whole"),
    # Work
    "work_items": Aged("finished_at < :before", "run_days"),
    "work_holds": Aged("until < :before", 1),
    "schedules": FEW,
    "schedule_runs": Aged("claimed_at < :before", "run_days"),
    "dead_letters": Aged("closed_at < :before AND state <> 'open'", "deadletter_days"),
    "dead_letter_edits": With("dead_letters"),
    "known_tasks": FEW,
    "replay_runs": Aged("finished_at < :before", "deadletter_days"),
    "replay_items": With("replay_runs"),
    "transactions": Aged("ended_at < :before", "run_days"),
    "sagas": Aged("ended_at < :before", "run_days"),
    "saga_steps": With("sagas"),
    "retry_rates": Aged("hour < :before", "run_days"),
    "retry_marks": FEW,
    "idempotency_keys": Aged("created_at < :before", 2),
    # Recovery
    "recoveries": Aged("ended_at < :before", "recovery_days"),
    "recovery_attempts": With("recoveries"),
    "recovery_transitions": With("recoveries"),
    "recovery_targets": Aged(
        """seen_at < :before AND NOT EXISTS (
            SELECT FROM recovery_attempts AS act
            WHERE act.scope = recovery_targets.scope AND act.target = recovery_targets.target
              AND act.ordered_at IS NOT NULL AND act.ended_at IS NULL)""",
        "recovery_days",
    ),
    "recovery_policies": PEOPLE,
    "breakers": Stays("there are at most as many as may be made"),
    "breaker_transitions": Aged("at < :before", "rollup_days"),
    "switches": Aged("until < :before", "run_days"),
    "switch_changes": Aged("at < :before", "rollup_days"),
    "hooks": PEOPLE,
    "hook_occasions": With("recoveries"),
    "hook_deliveries": Aged("created_at < :before", "delivery_days"),
    # Alerts
    "alerts": Aged("resolved_at < :before", "recovery_days"),
    "alerts_inactive": Aged("state = 'inactive' AND state_at < :before", "event_days", "alerts"),
    "alert_transitions": With("alerts"),
    "alert_notes": With("alerts"),
    "alert_rules": PEOPLE,
    "alert_rule_versions": With("alert_rules"),
    "alert_clocks": FEW,
    "alert_memories": Aged("until < :before", 15),
    "alert_rankings": Aged("made_at < :before", "rollup_days"),
    "alert_decisions": Aged("at < :before", "recovery_days"),
    "alert_groups": Aged("closed_at < :before", "recovery_days"),
    "alert_group_members": With("alert_groups"),
    "alert_flushes": Aged("at < :before", "recovery_days"),
    "incidents": Aged("closed_at < :before", "recovery_days"),
    "incident_alerts": With("incidents"),
    "silences": Aged("expired_at < :before", "rollup_days"),
    "notifications": Aged("created_at < :before AND state <> 'waiting'", "delivery_days"),
    "delivery_attempts": With("notifications"),
    # The house
    "backups": Aged("removed_at < :before", "rollup_days"),
    "audit_entries": Aged("at < :before", "rollup_days"),
    "maintenance_runs": Aged("asked_at < :before", "run_days"),
    "log_lines": Stays("day partitions are dropped by age and by a budget of bytes"),
    "maintenance_findings": Stays("gone with what they tell of"),
    "agents": Aged("seen_at < :before", "run_days"),
    "pool_loads": Aged("at < :before", "run_days"),
    "pool_overrides": Aged("until < :before", "run_days"),
    "scale_decisions": Aged("at < :before", "run_days"),
    "leaders": Aged("until < :before", 1),
    # Accounts
    "projects": PEOPLE,
    "project_keys": PEOPLE,
    "project_rules": PEOPLE,
    "api_keys": PEOPLE,
}
