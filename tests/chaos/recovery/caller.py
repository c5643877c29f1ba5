"""The application's side of the bargain: tells what failed, and does what the answer says."""

import http.client
import json
import time
import traceback
import uuid
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

AGAIN = ("retry", "wait")
# An application of its own would give up some time, too.
LONGEST = 120.0


class ServiceError(Exception):
    """The other side answered with an error."""

    def __init__(self, status, reason, retry_after=None):
        super().__init__(f"{status} {reason}")
        self.http_status = status
        self.retry_after = retry_after


@dataclass
class Course:
    """What became of one piece of work. `answers` are those to each failure, in order."""

    component: str
    began: float
    answers: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    events: list = field(default_factory=list)
    ended: float | None = None
    succeeded: bool = False

    @property
    def seconds(self):
        """From the first failure to the end."""
        return (self.ended or time.monotonic()) - self.began

    def written(self):
        """For another process of this host, which has the same clock."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text):
        return cls(**json.loads(text))


class Caller:
    """`url` has the key in its path, as the bridge of the requirements has it."""

    def __init__(self, url, **about):
        self._url = urlsplit(url)
        self._about = about

    def work(self, component, operation, act, **about):
        """Tries as often as the answers say, and no more."""
        course = Course(component, time.monotonic())
        about = {"operation_id": uuid.uuid4().hex, **about}
        while True:
            try:
                act()
            except Exception as error:  # noqa: BLE001 (told, whatever it is)
                if not course.answers:
                    course.began = time.monotonic()
                answer = self._told(course, error, operation=operation, **about)
            else:
                course.succeeded = True
                break
            if answer["action"] not in AGAIN or course.seconds > LONGEST:
                break
            time.sleep(answer["retry_after"])
        course.ended = time.monotonic()
        return course

    def once(self, component, operation, act, **about):
        """One try; whatever is done about its failure others have to do."""
        course = Course(component, time.monotonic())
        try:
            act()
        except Exception as error:  # noqa: BLE001 (told, whatever it is)
            course.began = time.monotonic()
            self._told(course, error, operation=operation, **about)
        else:
            course.succeeded = True
        course.ended = time.monotonic()
        return course

    def report(self, body):
        address = (self._url.hostname, self._url.port)
        connection = http.client.HTTPConnection(*address, timeout=30)
        try:
            connection.request("POST", f"{self._url.path}/api/errors", json.dumps(body))
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        return answer

    def _told(self, course, error, **about):
        body = {"component": course.component, **self._about, **described(error), **about}
        answer = self.report(body)
        course.answers.append(answer["recovery_action"])
        course.errors.append(f"{type(error).__name__}: {error}"[:200])
        course.events.append(answer["error_id"])
        return answer["recovery_action"]


def described(error):
    """As any client would tell it: no more than is known of the exception."""
    told = {
        "type": type(error).__name__,
        "module": type(error).__module__,
        "message": str(error),
        "stacktrace": "".join(traceback.format_exception(error)),
    }
    cause = getattr(error, "orig", error)
    code = getattr(cause, "sqlstate", None)
    if code:
        told["code"] = code
    status = getattr(error, "http_status", None)
    if status:
        told["http_status"] = status
    found = {"error": told}
    if getattr(error, "retry_after", None) is not None:
        found["context"] = {"retry_after": error.retry_after}
    return found
