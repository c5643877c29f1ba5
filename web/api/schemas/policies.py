"""Recovery policies: what holds, their versions, and what is wrong with one."""

from typing import Annotated, Any

from pydantic import Field

from config.recovery_policy import installed_words
from core.analysis.proposal import Advice, usual
from core.analysis.result import Severity
from core.errors import Category
from core.model import RecoveryPolicy
from core.recovery.policy_reading import read
from core.recovery.situation import Situation
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


class PolicyInForce(PolicyVersionShown):
    """`rules` by their names, in the order in which they are asked; `modes` by action."""

    rules: list[str]
    modes: dict[str, str]

    @classmethod
    def of(cls, found: RecoveryPolicy) -> "PolicyInForce":
        about = PolicyVersionShown.model_validate(found).model_dump()
        layer = read(found.content, installed_words()).layer
        modes = {action: mode.value for action, mode in layer.modes.items()}
        return cls(**about, rules=[rule.name for rule in layer.rules], modes=modes)


class ShippedPolicy(Shown):
    content: str = Field(description="Holds below all others; as TOML.")


class PolicyShown(PolicyVersionShown):
    content: str = Field(description="Empty where the policy was taken away.")
    warnings: list[ProblemShown]

    @classmethod
    def of(cls, found: RecoveryPolicy) -> "PolicyShown":
        about = PolicyVersionShown.model_validate(found).model_dump()
        problems = read(found.content, installed_words()).problems
        warnings = [ProblemShown.model_validate(each) for each in problems]
        return cls(**about, content=found.content, warnings=warnings)


class Supposed(Written):
    """A failure that nobody has had yet."""

    project_id: Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]
    category: Category
    family: Annotated[str, Field(max_length=100)] = ""
    kind: Annotated[str, Field(max_length=200, examples=["database.deadlock"])] = ""
    component: Annotated[str, Field(max_length=200)] = ""
    severity: Severity = Severity.MEDIUM
    transient: bool = True
    advice: Advice | None = Field(None, description="Default: what is usual for the category.")
    release: Annotated[str, Field(max_length=200)] = ""
    environment: Annotated[str, Field(max_length=200)] = ""
    operation: Annotated[str, Field(max_length=200)] = ""
    replayable: bool = False
    new_in_release: bool = False
    retry_after: Annotated[float | None, Field(ge=0, le=86_400)] = None

    def situation(self) -> Situation:
        given = self.model_dump(exclude={"project_id", "advice"})
        return Situation(
            **given,
            project_id=int(self.project_id),
            issue_id=0,
            event_id="",
            subject="operation:supposed" if self.replayable else f"issue:0:{self.category.value}",
            title="supposed",
            advice=self.advice or usual(self.category, transient=self.transient),
        )


class Explained(Shown):
    """What would be done now, and why. `chain` has the strategies in the order in which they are
    asked, each with its decision, its mode, and the guard that refuses it, if one does; `done_for`
    is the recovery whose act would be taken up in place of another one.
    """

    situation: dict[str, Any] | None
    reason: str
    policy: dict[str, Any] | None = None
    rule: dict[str, Any] | None = None
    verification: dict[str, Any] | None = None
    chain: list[dict[str, Any]] = Field([])


class PolicyChecked(Shown):
    usable: bool
    problems: list[ProblemShown]
