"""Our alerts and silences in Alertmanager's words, and its words in ours."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from core.alerts.matcher import Matcher, Operator, all_fit
from core.alerts.outside import Standing, Told
from core.alerts.pushing import USUAL_END, Pushed
from core.alerts.silence import Phase, Scope, phase
from core.alerts.silencing import read
from core.model import SilenceRow
from core.store.silences import SilenceNotFoundError
from web.api.schemas.alertmanager import (
    AlertGot,
    AlertGroupGot,
    AlertPosted,
    AlertStatus,
    MatcherShape,
    Receiver,
    SilenceGot,
    SilenceStatus,
)

# What has no end, for clients that know no such thing.
NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
# What a column of ids can hold.
_LARGEST: Final = 2**63
_LABELS: Final = {
    Scope.RULE: "alertname",
    Scope.ISSUE: "issue",
    Scope.GROUP: "group",
    Scope.CHANNEL: "channel",
}
_OPERATORS: Final = {
    (False, True): Operator.IS,
    (False, False): Operator.IS_NOT,
    (True, True): Operator.FITS,
    (True, False): Operator.FITS_NOT,
}
_SHAPES: Final = {operator: shape for shape, operator in _OPERATORS.items()}


def pushed(posted: AlertPosted) -> Pushed:
    return Pushed(
        labels=posted.labels,
        annotations=posted.annotations,
        starts_at=moment(posted.starts_at),
        ends_at=moment(posted.ends_at),
        generator_url=posted.generator_url,
    )


def moment(told: datetime | None) -> datetime | None:
    """Go's zero time means none; a time without a zone is UTC. What lies beyond our calendar, as
    the last evening of 9999 does in the west, is its last day.
    """
    if told is None or told.year <= 1:
        return None
    try:
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    except OverflowError:
        return NEVER


def alert(standing: Standing, now: datetime) -> AlertGot:
    row = standing.alert
    return AlertGot(
        labels=standing.seen.labels,
        annotations={name: str(value) for name, value in row.annotations.items()},
        fingerprint=row.fingerprint,
        starts_at=row.started_at,
        ends_at=row.ends_at or now + USUAL_END,
        updated_at=row.state_at,
        generator_url=row.generator_url or "",
        receivers=[Receiver(name=name) for name in standing.routes],
        status=AlertStatus(
            state=standing.told.value,
            silenced_by=[silence_id(each) for each in standing.silenced_by],
            inhibited_by=standing.inhibited_by,
        ),
    )


def groups(standings: Iterable[Standing], now: datetime) -> list[AlertGroupGot]:
    found: dict[int, tuple[AlertGroupGot, list[AlertGot]]] = {}
    for each in standings:
        shown = alert(each, now)
        for group in each.groups:
            labels = {name: str(value) for name, value in group.labels.items()}
            receiver = Receiver(name=group.route)
            made = AlertGroupGot(labels=labels, receiver=receiver, alerts=[])
            found.setdefault(group.id, (made, []))[1].append(shown)
    return [group.model_copy(update={"alerts": alerts}) for group, alerts in found.values()]


def chosen(
    standings: Iterable[Standing], written: Sequence[str], hidden: frozenset[str]
) -> list[Standing]:
    """Those that all matchers fit; `hidden`: active, silenced, inhibited, unprocessed."""
    matchers = [Matcher.asked(each) for each in written]
    return [
        each
        for each in standings
        if all_fit(matchers, each.seen.labels) and not hidden & _words(each)
    ]


def _words(standing: Standing) -> set[str]:
    words = {"silenced"} if standing.silenced_by else set()
    words |= {"inhibited"} if standing.inhibited_by else set()
    return words or {str(Told.ACTIVE if standing.told is Told.ACTIVE else Told.UNPROCESSED)}


def silence_id(number: int) -> str:
    """Clients expect a UUID; ours holds the number."""
    return str(UUID(int=number))


def silence_number(told: str) -> int:
    try:
        found = UUID(told).int if not told.isdigit() else int(told)
    except ValueError as error:
        raise SilenceNotFoundError(f"{told!r} is not the id of a silence.", id=told) from error
    if found >= _LARGEST:
        raise SilenceNotFoundError(f"{told!r} is not the id of a silence.", id=told)
    return found


def matcher(shape: MatcherShape) -> Matcher:
    operator = _OPERATORS[shape.is_regex, shape.is_equal]
    return Matcher.of(shape.name, operator, shape.value).bounded()


def matches(row: SilenceRow, written: Sequence[str]) -> bool:
    """Whether the silence is about what the matchers say, as its own equal ones tell it."""
    own = {each.name: each.value for each in _matchers(row)}
    return all(Matcher.asked(each).fits(own) for each in written)


def silence(row: SilenceRow, now: datetime) -> SilenceGot:
    ended = row.expired_at is not None
    found = Phase.EXPIRED if ended else phase(read(row), now)
    shown = "pending" if found is Phase.WAITING else found.value
    ends_at = row.expired_at or row.until_at or NEVER
    return SilenceGot(
        id=silence_id(row.id),
        status=SilenceStatus(state=shown),
        matchers=_matchers(row),
        starts_at=row.starts_at,
        ends_at=ends_at,
        updated_at=row.expired_at or row.created_at,
        created_by=row.author,
        comment=row.reason,
    )


def _matchers(row: SilenceRow) -> list[MatcherShape]:
    """What a silence is about is a label, too."""
    scope = Scope(row.scope)
    about = (
        [MatcherShape(name=_LABELS[scope], value=row.subject, is_regex=False)]
        if scope in _LABELS
        else []
    )
    return about + [_shape(Matcher.read(each)) for each in row.matchers]


def _shape(found: Matcher) -> MatcherShape:
    is_regex, is_equal = _SHAPES[found.operator]
    return MatcherShape(name=found.label, value=found.value, is_regex=is_regex, is_equal=is_equal)
