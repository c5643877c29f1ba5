"""First steps for an issue, from what is known about its class of failures."""

from typing import Annotated

from fastapi import APIRouter, Query

from config.knowledge import knowledge
from config.solutions import solutions
from core.analysis.solutions import MOST, suggested
from core.insight import example
from core.store import issues
from web.api.auth import Reader
from web.api.schemas.shape import Number
from web.api.schemas.solutions import SolutionShown
from web.api.services import Provided

router = APIRouter(prefix="/issues", tags=["issues"])


@router.get("/{issue_id}/solutions", summary="What is known about such failures, the best first")
def list_solutions(
    issue_id: Number,
    services: Provided,
    who: Reader,
    most: Annotated[int, Query(ge=1, le=20)] = MOST,
) -> list[SolutionShown]:
    directory = services.settings.knowledge_dir
    with services.database.transaction() as session:
        issue = issues.of_project(session, issue_id, who.project_id)
        event = example.of_issue(session, issue, services.payloads)
    found = suggested(event, knowledge(directory), solutions(directory), most=most)
    return [SolutionShown.model_validate(each) for each in found]
