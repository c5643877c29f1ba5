"""Rules of alerts: what holds, who changed it, and what is wrong with a new one."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from config.alerts import read_text
from core.access.audit import Act as Audited
from core.access.audit import Actor, record
from core.alerts.reading import rule as read_rule
from core.model import AlertRule
from core.store import alert_rules as rows
from core.store import projects
from core.store.alert_rules import NewRule, Source
from web.api.acting import Acting
from web.api.auth import CallerAddress, PlatformOperator, Reader
from web.api.listing import Listed
from web.api.schemas.alert_rules import (
    AlertRuleShown,
    AlertRuleVersionShown,
    AlertRuleWritten,
    Removed,
    RulesChecked,
    RulesText,
    Switched,
)
from web.api.schemas.rules import ProblemShown
from web.api.schemas.shape import Number
from web.api.services import Provided, Services

router = APIRouter(prefix="/alert-rules", tags=["alerts"])


@router.get("", response_model=list[AlertRuleShown], summary="List rules of alerts, newest first")
def list_alert_rules(
    services: Provided, who: Reader, ask: Listed, source: Annotated[Source | None, Query()] = None
) -> Sequence[Any]:
    with services.database.transaction() as session:
        page = rows.page(
            session, only=who.project_id, source=source, cursor=ask.cursor, limit=ask.limit
        )
        return [AlertRuleShown.of(row) for row in ask.link(page)]


@router.post("", status_code=201, summary="Make a rule, in force from the next look on")
def create_alert_rule(
    body: AlertRuleWritten,
    services: Provided,
    who: PlatformOperator,
    address: CallerAddress,
    act: Acting,
) -> AlertRuleShown:
    """A rule that is shipped or stands in the file gives way to one of its name."""

    def create(session: Session) -> AlertRuleShown:
        now = services.clock.now()
        made = rows.create(session, _new(session, body, who.name), now=now)
        _audit(session, services, Actor(who.name, address), "alert_rule.create", made)
        return AlertRuleShown.of(made)

    return act.once(AlertRuleShown, create)


@router.post("/check", summary="All that is wrong with rules in YAML, by line")
def check_alert_rules(body: RulesText, who: Reader) -> RulesChecked:  # noqa: ARG001 (must be somebody)
    found = read_text(body.content)
    return RulesChecked(
        usable=found.usable,
        rules=[each.rule.name for each in found.rules],
        problems=[ProblemShown.model_validate(each) for each in found.problems],
    )


@router.get("/{rule_id}", summary="One rule of alerts")
def get_alert_rule(rule_id: Number, services: Provided, who: Reader) -> AlertRuleShown:
    with services.database.transaction() as session:
        return AlertRuleShown.of(rows.get(session, rule_id, only=who.project_id))


@router.get(
    "/{rule_id}/history",
    response_model=list[AlertRuleVersionShown],
    summary="Its versions, newest first",
)
def list_alert_rule_versions(rule_id: Number, services: Provided, who: Reader) -> Sequence[Any]:
    with services.database.transaction() as session:
        rows.get(session, rule_id, only=who.project_id)
        return rows.history(session, rule_id)


@router.put("/{rule_id}", summary="Write a rule anew, as its next version")
def put_alert_rule(
    rule_id: Number,
    body: AlertRuleWritten,
    services: Provided,
    who: PlatformOperator,
    address: CallerAddress,
) -> AlertRuleShown:
    """From then on neither the file nor a new version of Mendline changes it."""
    with services.database.transaction() as session:
        known = rows.get(session, rule_id)
        new = _new(session, body, who.name)
        made = rows.change(session, known, new, now=services.clock.now())
        _audit(session, services, Actor(who.name, address), "alert_rule.put", made)
        return AlertRuleShown.of(made)


@router.patch("/{rule_id}", summary="Let a rule rest, or let it hold again")
def switch_alert_rule(
    rule_id: Number,
    body: Switched,
    services: Provided,
    who: PlatformOperator,
    address: CallerAddress,
) -> AlertRuleShown:
    with services.database.transaction() as session:
        known = rows.get(session, rule_id)
        written = AlertRuleWritten(rule=known.body, enabled=body.enabled)
        new = _new(session, written, who.name)
        made = rows.change(session, known, new, now=services.clock.now())
        _audit(session, services, Actor(who.name, address), "alert_rule.switch", made)
        return AlertRuleShown.of(made)


@router.delete("/{rule_id}", summary="Take a rule away; its alerts are resolved")
def delete_alert_rule(
    rule_id: Number, services: Provided, who: PlatformOperator, address: CallerAddress
) -> Removed:
    """One that is shipped or stands in the file comes back: let it rest instead."""
    with services.database.transaction() as session:
        known = rows.get(session, rule_id)
        _audit(session, services, Actor(who.name, address), "alert_rule.delete", known)
        rows.remove(session, rule_id)
        return Removed(name=known.name, removed=True)


def _new(session: Session, body: AlertRuleWritten, author: str) -> NewRule:
    rule: Mapping[str, Any] = body.rule
    name = read_rule(rule).name
    project = rule.get("project")
    return NewRule(
        name=name,
        body=rule,
        source=Source.API,
        author=author,
        enabled=body.enabled,
        project_id=None if project is None else projects.find(session, str(project)).id,
    )


def _audit(session: Session, services: Services, actor: Actor, name: str, rule: AlertRule) -> None:
    act = Audited(
        name=name,
        subject="alert_rule",
        subject_id=rule.id,
        project_id=rule.project_id,
        detail={"name": rule.name, "version": rule.version, "enabled": rule.enabled},
    )
    record(session, actor, act, now=services.clock.now())
