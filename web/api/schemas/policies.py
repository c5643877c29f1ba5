"""Recovery policies: what holds, their versions, and what is wrong with one."""

from pydantic import Field

from core.model import RecoveryPolicy
from core.recovery.policy_reading import read
from core.recovery.vocabulary import words
from web.api.schemas.rules import LONGEST, ProblemShown
from web.api.schemas.shape import Id, Moment, Shown, Written


class PolicyWritten(Written, str_strip_whitespace=False):
    content: str = Field(max_length=LONGEST, description="The file, as TOML.")


class PolicyVersionShown(Shown):
    project_id: Id
    component: str = Field(description="Empty for the policy of the whole project.")
    version: int
    author: str
    created_at: Moment


class PolicyShown(PolicyVersionShown):
    content: str = Field(description="Empty where the policy was taken away.")
    warnings: list[ProblemShown]

    @classmethod
    def of(cls, found: RecoveryPolicy) -> "PolicyShown":
        about = PolicyVersionShown.model_validate(found).model_dump()
        problems = read(found.content, words()).problems
        warnings = [ProblemShown.model_validate(each) for each in problems]
        return cls(**about, content=found.content, warnings=warnings)


class PolicyChecked(Shown):
    usable: bool
    problems: list[ProblemShown]
