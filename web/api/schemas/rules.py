"""A project's own rules: their versions, what is wrong with them, and what others would change."""

from typing import Any

from pydantic import Field

from web.api.schemas.shape import HexId, Id, Moment, Shown, Written

LONGEST = 256 * 1024


class RulesWritten(Written, str_strip_whitespace=False):
    content: str = Field(max_length=LONGEST, description="The file, as TOML.")


class PreviewAsked(RulesWritten):
    days: int = Field(7, ge=1, le=365, description="Events received in so many days.")
    limit: int = Field(1_000, ge=1, le=5_000, description="So many events at most.")


class ProblemShown(Shown):
    line: int
    where: str
    what: str
    remedy: str
    fatal: bool


class VersionShown(Shown):
    version: int
    author: str
    created_at: Moment


class RulesShown(VersionShown):
    content: str = Field(description="Empty where the rules were taken away.")
    warnings: list[ProblemShown]
    hits: dict[str, int] = Field(description="Events that each rule decided about in 30 days.")


class PlaceShown(Shown):
    """An issue, or one to be: then only its key is known."""

    issue_id: Id | None
    issue_key: str
    title: str


class PartShown(Shown):
    place: PlaceShown
    events: int
    rule: str
    examples: list[HexId]


class ChangedShown(Shown):
    place: PlaceShown
    title: str = Field(description="The new title, where it would get one.")
    parts: list[PartShown]


class PreviewShown(Shown):
    issues: int = Field(description="Issues that were looked at.")
    events: int = Field(description="Events that were looked at.")
    moved: int = Field(description="Events that would be in another issue.")
    merged: list[ChangedShown] = Field(description="Would hold events of several issues.")
    split: list[ChangedShown] = Field(description="Events would be in several places.")
    retitled: list[ChangedShown]
    reclassified: list[ChangedShown]
    ignored: list[ChangedShown]
    hits: dict[str, int] = Field(description="Events by the rule that decided.")
    complete: bool = Field(description="Whether all events of these days were looked at.")
    warnings: list[ProblemShown]

    @classmethod
    def of(cls, found: Any, warnings: Any = ()) -> "PreviewShown":
        lists = ("merged", "split", "retitled", "reclassified", "ignored")
        plain = ("issues", "events", "moved", "hits", "complete")
        return cls(
            **{name: getattr(found, name) for name in plain},
            **{name: [_changed(each) for each in getattr(found, name)] for name in lists},
            warnings=[ProblemShown.model_validate(each) for each in warnings],
        )


def _changed(changed: Any) -> ChangedShown:
    parts = [
        PartShown(
            place=PlaceShown.model_validate(place),
            events=move.events,
            rule=move.rule,
            examples=move.examples,
        )
        for place, move in changed.parts
    ]
    place = PlaceShown.model_validate(changed.place)
    return ChangedShown(place=place, title=changed.title, parts=parts)


class RuleNamed(Shown):
    name: str
    version: int


class MergeNamed(Shown):
    source_id: Id
    target_id: Id
    actor: str
    at: Moment


class WhyShown(Shown):
    """Why an event is in its issue."""

    event_id: HexId
    issue_id: Id
    filed_under: Id = Field(description="The issue it was filed under; merges lead on from there.")
    issue_key: str = Field(description="Empty when the payload was thinned out.")
    mechanism: str
    parts: list[str] = Field(description="What went into the key.")
    grouping_version: int | None
    rule: RuleNamed | None = Field(description="The project's rule that decided.")
    classification_rule: RuleNamed | None
    merges: list[MergeNamed]
    carried_from: str | None = Field(description="The key of an older version it came from.")
    in_words: list[str]
