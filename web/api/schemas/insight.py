"""What issues have to do with one another: whom they hit, what they are like, what comes along."""

from collections.abc import Iterable, Mapping
from typing import Self

from pydantic import BaseModel, Field

from core.access.roles import Principal
from core.analysis.cooccurrence import Hint
from core.analysis.impact import Trend
from core.insight.groups import State as GroupState
from core.insight.related import Related
from core.insight.suggestions import Similar, State
from core.model import CorrelationGroup, CorrelationMember, Issue
from core.store.projects import ProjectNotFoundError
from web.api.schemas.shape import Id, Moment, NumberText, Shown


class ProjectQuery(BaseModel):
    project: NumberText | None = None

    def only(self, who: Principal) -> int | None:
        """The project that is asked for, as far as the caller may see it; none means all."""
        wanted = None if self.project is None else int(self.project)
        if wanted is not None and who.project_id not in {None, wanted}:
            raise ProjectNotFoundError(f"There is no project {wanted}.")
        return who.project_id if wanted is None else wanted


class SuggestionQuery(ProjectQuery):
    state: State = State.OPEN


class CorrelationQuery(ProjectQuery):
    state: GroupState | None = None


class DistinctShown(Shown):
    """`error`: of an estimate, its standard error as a share of it; 0 where the count is exact."""

    count: int
    exact: bool
    error: float


class FacetShown(Shown):
    value: str = Field(description="Empty: rare values together.")
    events: int
    first_seen: Moment
    last_seen: Moment


class RateShown(Shown):
    events: int
    usual: float = Field(description="The median of the earlier windows.")
    spread: float
    low: float
    high: float
    windows: int
    trend: Trend
    reason: str


class ShareShown(Shown):
    part: float
    whole: float
    share: float


class BlastRadiusShown(Shown):
    shares: Mapping[str, ShareShown]
    widest: str
    reason: str


class ChangeShown(Shown):
    kind: str
    value: str
    at: Moment
    seconds_before: float
    issues: int | None = Field(description="Issues first seen in a release.")
    reason: str


class ImpactShown(Shown):
    issue_id: Id
    at: Moment
    users: DistinctShown = Field(description="Told apart by keyed hashes; names are not kept.")
    users_now: DistinctShown
    releases: list[FacetShown]
    environments: list[FacetShown]
    components: list[FacetShown]
    rate: RateShown
    window_seconds: int
    blast_radius: BlastRadiusShown
    reach_seconds: int
    share: ShareShown = Field(description="Of all events of the project within the reach.")
    changes: list[ChangeShown] = Field(description="Just before the issue began, nearest first.")


class IssueNamed(Shown):
    """Enough of an issue to know it by."""

    id: Id
    title: str
    culprit: str
    status: str
    category: str
    family: str | None
    component: str | None
    event_count: int


class SimilarShown(Shown):
    issue: IssueNamed
    score: float
    stack: float | None
    message: float | None
    same_type: bool
    reasons: list[str]

    @classmethod
    def of(cls, found: Similar) -> Self:
        alike = found.likeness
        return cls(
            issue=IssueNamed.model_validate(found.issue),
            score=alike.score,
            stack=alike.stack,
            message=alike.message,
            same_type=alike.same_type,
            reasons=list(alike.reasons),
        )


class SuggestionShown(Shown):
    id: Id
    project_id: Id
    target_id: Id = Field(description="The older issue, which would take the other one over.")
    source_id: Id
    score: float
    reasons: list[str]
    state: State
    made_at: Moment
    decided_at: Moment | None
    actor: str | None


class HintShown(Shown):
    """`shared` of `own` minutes, traces or users are common with the other issue's `theirs`."""

    basis: str
    shared: int
    own: int
    theirs: int
    total: int
    expected: float
    lift: float
    p: float
    q: float = Field(description="p, corrected for the number of candidates.")
    reason: str

    @classmethod
    def of(cls, hint: Hint) -> Self:
        found = hint.together
        return cls(
            basis=found.basis,
            shared=found.shared,
            own=found.own,
            theirs=found.theirs,
            total=found.total,
            expected=round(found.expected, 3),
            lift=round(found.lift, 3),
            p=hint.p,
            q=hint.q,
            reason=hint.reason,
        )


class TogetherShown(Shown):
    """A hint that two issues come together, never that one is the cause of the other."""

    issue: IssueNamed
    hints: list[HintShown]

    @classmethod
    def of(cls, found: Related) -> Self:
        told = [HintShown.of(hint) for hint in found.hints]
        return cls(issue=IssueNamed.model_validate(found.issue), hints=told)


class CorrelationShown(Shown):
    id: Id
    project_id: Id
    state: str
    started_at: Moment
    last_at: Moment
    closed_at: Moment | None
    suspect_id: Id | None = Field(description="The issue that seems to have come first.")
    confidence: float
    reasons: list[str]
    issue_count: int
    event_count: int


class MemberShown(Shown):
    issue: IssueNamed
    place: int
    onset: Moment
    events: int
    usual: float
    shared_traces: int
    suspicion: float
    reasons: list[str]

    @classmethod
    def of(cls, member: CorrelationMember, issue: Issue) -> Self:
        return cls(
            issue=IssueNamed.model_validate(issue),
            place=member.place,
            onset=member.onset,
            events=member.events,
            usual=member.usual,
            shared_traces=member.shared_traces,
            suspicion=member.suspicion,
            reasons=member.reasons,
        )


class CorrelationDetail(CorrelationShown):
    members: list[MemberShown] = Field(description="In the order of suspicion.")

    @classmethod
    def of(
        cls, group: CorrelationGroup, members: Iterable[tuple[CorrelationMember, Issue]]
    ) -> Self:
        shown = CorrelationShown.model_validate(group).model_dump()
        return cls(**shown, members=[MemberShown.of(*each) for each in members])


class RelatedShown(Shown):
    comes_with: list[TogetherShown] = Field(description="The surest first.")
    correlations: list[CorrelationShown] = Field(description="Groups it is or was part of.")

    @classmethod
    def of(cls, found: Iterable[Related], groups: Iterable[CorrelationGroup]) -> Self:
        return cls(
            comes_with=[TogetherShown.of(each) for each in found],
            correlations=[CorrelationShown.model_validate(each) for each in groups],
        )
