"""What one issue has to do with others: its impact, what it is like, what comes with it."""

from fastapi import APIRouter

from core.insight import groups, impact, related, suggestions
from core.store import issues
from web.api.auth import Reader
from web.api.schemas.insight import ImpactShown, RelatedShown, SimilarShown
from web.api.schemas.shape import Number
from web.api.services import Provided

router = APIRouter(prefix="/issues", tags=["issues"])


@router.get("/{issue_id}/impact", summary="Whom and what it hits, its trend, what changed before")
def get_impact(issue_id: Number, services: Provided, who: Reader) -> ImpactShown:
    with services.database.transaction() as session:
        issue = issues.of_project(session, issue_id, who.project_id)
        found = impact.of_issue(session, issue, services.clock.now())
        return ImpactShown.model_validate(found)


@router.get("/{issue_id}/related", summary="What comes together with it, and its correlations")
def get_related(issue_id: Number, services: Provided, who: Reader) -> RelatedShown:
    with services.database.transaction() as session:
        issue = issues.of_project(session, issue_id, who.project_id)
        found = related.of_issue(session, issue, services.clock.now())
        family = issues.family(session, issue.id)
        return RelatedShown.of(found, groups.of_issue(session, family))


@router.get("/{issue_id}/similar", summary="Issues of the project that are most like it")
def list_similar(issue_id: Number, services: Provided, who: Reader) -> list[SimilarShown]:
    with services.database.transaction() as session:
        issue = issues.of_project(session, issue_id, who.project_id)
        now = services.clock.now()
        found = suggestions.similar(session, issue, services.payloads, now)
        return [SimilarShown.of(each) for each in found]
