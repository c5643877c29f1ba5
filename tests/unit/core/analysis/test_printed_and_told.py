"""One failure, once as a printed trace and once as the frames that an SDK makes of it."""

from typing import Any

import pytest

from tests.unit.core.analysis.builders import event, failure, key


def printed(platform: str, kind: str, trace: str) -> dict[str, Any]:
    """As a REST client sends it."""
    return event(failure(kind, "said", stacktrace=trace.strip("\n")), platform=platform)


def at(function: str, **more: Any) -> dict[str, Any]:
    return {"function": function, **more}


def told(platform: str, kind: str, *frames: dict[str, Any]) -> dict[str, Any]:
    return event(failure(kind, "said", *frames), platform=platform)


PYTHON = """
Traceback (most recent call last):
  File "/srv/shop/manage.py", line 10, in <module>
    main()
  File "/srv/shop/orders/views.py", line 31, in pay
    return self.gateway.charge(order)
  File "/srv/shop/orders/gateway.py", line 8, in charge
    return self.session.post(url)
  File "/usr/lib/python3.12/site-packages/requests/sessions.py", line 637, in post
    return self.request("POST", url)
  File "/usr/lib/python3.12/site-packages/requests/adapters.py", line 519, in send
    raise ConnectionError(e, request=request)
requests.exceptions.ConnectionError: said
"""
IN_PYTHON = (
    at("<module>", module="__main__", filename="manage.py", in_app=True),
    at("Payment.pay", module="orders.views", filename="orders/views.py", in_app=True),
    at("charge", module="orders.gateway", filename="orders/gateway.py", in_app=True),
    at("post", module="requests.sessions", filename="requests/sessions.py", in_app=False),
    at("send", module="requests.adapters", filename="requests/adapters.py", in_app=False),
)
ONE_OWN = """
Traceback (most recent call last):
  File "/venv/lib/python3.12/site-packages/django/core/handlers/base.py", line 197, in _get_response
    response = wrapped_callback(request)
  File "/srv/shop/orders/views.py", line 31, in pay
    return Order.objects.get(pk=pk)
  File "/venv/lib/python3.12/site-packages/django/db/models/manager.py", line 87, in manager_method
    return getattr(self.get_queryset(), name)(*args)
  File "/venv/lib/python3.12/site-packages/django/db/models/query.py", line 637, in get
    raise self.model.DoesNotExist(
orders.models.Order.DoesNotExist: said
"""
IN_ONE_OWN = (
    at("_get_response", module="django.core.handlers.base", filename="django/core/handlers/base.py",
       in_app=False),
    at("pay", module="orders.views", filename="orders/views.py", in_app=True),
    at("manager_method", module="django.db.models.manager",
       filename="django/db/models/manager.py", in_app=False),
    at("get", module="django.db.models.query", filename="django/db/models/query.py",
       in_app=False),
)  # fmt: skip
DEEP = """
Traceback (most recent call last):
  File "/srv/shop/tree.py", line 9, in <module>
    walk(0)
  File "/srv/shop/tree.py", line 5, in walk
    return walk(depth + 1)
  File "/srv/shop/tree.py", line 5, in walk
    return walk(depth + 1)
  File "/srv/shop/tree.py", line 5, in walk
    return walk(depth + 1)
  [Previous line repeated 990 more times]
RecursionError: said
"""
IN_DEEP = (
    at("<module>", module="__main__", filename="tree.py", in_app=True),
    *[at("walk", module="__main__", filename="tree.py", in_app=True)] * 200,
)
DOTNET = """
System.InvalidOperationException: said
   at System.Linq.ThrowHelper.ThrowNoElementsException()
   at Shop.Orders.Gateway.Charge(Order order) in C:\\build\\Orders\\Gateway.cs:line 42
   at Shop.Orders.Gateway.<ChargeAsync>d__3.MoveNext() in C:\\build\\Orders\\Gateway.cs:line 20
   at System.Runtime.CompilerServices.TaskAwaiter.ThrowForNonSuccess(Task task)
   at Shop.Web.PayController.<>c__DisplayClass4_0.<Pay>b__0(Int32 id)
   at Microsoft.AspNetCore.Mvc.Infrastructure.ActionMethodExecutor.Execute(Object controller)
"""
ENHANCED = (
    at("void Gateway.Charge(Order order)", filename="Orders\\Gateway.cs", in_app=True),
    at("async Task<Receipt> Gateway.ChargeAsync(Order order, List<int> parts)", in_app=True),
    at("async Task<IActionResult> PayController.Pay(int id)+(int x) => { }", in_app=True),
)
CLASSIC = (
    at(
        "Charge",
        module="Shop.Orders.Gateway",
        filename="C:\\build\\Orders\\Gateway.cs",
        in_app=True,
    ),
    at("ChargeAsync", module="Shop.Orders.Gateway", in_app=True),
    at("Pay { <lambda> }", module="Shop.Web.PayController+<>c__DisplayClass4_0", in_app=True),
)
SYSTEM = (
    at("Execute", module="Microsoft.AspNetCore.Mvc.Infrastructure.ActionMethodExecutor",
       in_app=False),
    at("ThrowForNonSuccess", module="System.Runtime.CompilerServices.TaskAwaiter", in_app=False),
    at("ThrowNoElementsException", module="System.Linq.ThrowHelper", in_app=False),
)  # fmt: skip
JAVA = """
java.lang.IllegalStateException: said
\tat org.springframework.web.client.RestTemplate.execute(RestTemplate.java:711)
\tat shop.orders.Gateway.charge(Gateway.java:42)
\tat shop.orders.Gateway.lambda$pay$3(Gateway.java:30)
\tat java.base/java.util.concurrent.FutureTask.run(FutureTask.java:264)
Caused by: java.net.SocketTimeoutException: Read timed out
\tat java.base/sun.nio.ch.NioSocketImpl.timedRead(NioSocketImpl.java:288)
\tat org.springframework.web.client.RestTemplate.doExecute(RestTemplate.java:776)
\t... 4 more
"""
OF_JAVA = (
    at("run", module="java.util.concurrent.FutureTask", filename="FutureTask.java", in_app=False),
    at("lambda$pay$7", module="shop.orders.Gateway", filename="Gateway.java", in_app=True),
    at("charge", module="shop.orders.Gateway", filename="Gateway.java", in_app=True),
    at("execute", module="org.springframework.web.client.RestTemplate", in_app=False),
)
OF_ITS_CAUSE = (
    *OF_JAVA,
    at("doExecute", module="org.springframework.web.client.RestTemplate", in_app=False),
    at("timedRead", module="sun.nio.ch.NioSocketImpl", in_app=False),
)
NODE = """
TypeError: said
    at Gateway.charge (/srv/shop/dist/gateway.js:42:11)
    at async Object.pay (/srv/shop/dist/orders/index.js:8:3)
    at Layer.handle [as handle_request] (/srv/shop/node_modules/express/lib/router/layer.js:95:5)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)
"""
IN_NODE = (
    at("process.processTicksAndRejections", filename="node:internal/process/task_queues",
       module="task_queues", in_app=False),
    at("Layer.handle [as handle_request]", module="express.lib.router:layer", in_app=False,
       filename="/srv/shop/node_modules/express/lib/router/layer.js"),
    at("async Object.pay", filename="/srv/shop/dist/orders/index.js", module="orders:index",
       in_app=True),
    at("Gateway.charge", filename="app:///dist/gateway.js", module="gateway", in_app=True),
)  # fmt: skip
GO = """
panic: said

goroutine 1 [running]:
github.com/acme/shop/orders.(*Gateway).Charge(0xc0000b2000, {0x7ff, 0x2})
\t/srv/shop/orders/gateway.go:42 +0x1d
github.com/jackc/pgx/v5.(*Conn).Query(0xc0000b2000)
\t/go/pkg/mod/github.com/jackc/pgx/v5@v5.5.0/conn.go:700 +0x33
github.com/acme/shop/orders.Pay.func1()
\t/srv/shop/orders/pay.go:10 +0x25
main.main()
\t/srv/shop/main.go:12 +0x1d
"""
IN_GO = (
    at("main", module="main", abs_path="/srv/shop/main.go", in_app=True),
    at("Pay.func1", module="github.com/acme/shop/orders", abs_path="/srv/shop/orders/pay.go",
       in_app=True),
    at("(*Conn).Query", module="github.com/jackc/pgx/v5", in_app=True, filename="v5/conn.go",
       abs_path="/go/pkg/mod/github.com/jackc/pgx/v5@v5.5.0/conn.go"),
    at("(*Gateway).Charge", module="github.com/acme/shop/orders",
       abs_path="/srv/shop/orders/gateway.go", in_app=True),
)  # fmt: skip
RUBY = """
/srv/shop/app/models/gateway.rb:42:in 'Gateway#charge': said (Shop::PaymentError)
\tfrom /srv/shop/app/controllers/orders_controller.rb:9:in 'block in OrdersController#pay'
\tfrom /usr/lib/ruby/gems/3.4.0/gems/actionpack-7.1.3/lib/action_controller/metal.rb:8:in 'dispatch'
"""
IN_RUBY = (
    at("dispatch", filename="action_controller/metal.rb", in_app=False,
       abs_path="/usr/lib/ruby/gems/3.4.0/gems/actionpack-7.1.3/lib/action_controller/metal.rb"),
    at("block in pay", filename="app/controllers/orders_controller.rb", in_app=True,
       abs_path="/srv/shop/app/controllers/orders_controller.rb"),
    at("charge", filename="app/models/gateway.rb", module="Gateway", in_app=True,
       abs_path="/srv/shop/app/models/gateway.rb"),
)  # fmt: skip
PHP = """
PHP Fatal error:  Uncaught App\\Errors\\PaymentError: said in /srv/shop/src/Gateway.php:42
Stack trace:
#0 /srv/shop/src/OrderController.php(10): App\\Gateway->charge(Object(App\\Order))
#1 /srv/shop/vendor/symfony/http-kernel/HttpKernel.php(163): App\\OrderController->pay()
#2 /srv/shop/public/index.php(25): Symfony\\Component\\HttpKernel\\HttpKernel->handle()
#3 {main}
  thrown in /srv/shop/src/Gateway.php on line 42
"""
IN_PHP = (
    at("", filename="/public/index.php", in_app=True),
    at("Symfony\\Component\\HttpKernel\\HttpKernel::handle", in_app=False,
       filename="/vendor/symfony/http-kernel/HttpKernel.php"),
    at("App\\OrderController::pay", filename="/src/OrderController.php", in_app=True),
    at("App\\Gateway::charge", filename="/src/Gateway.php", in_app=True),
)  # fmt: skip

PAIRS = {
    "python": (
        printed("python", "requests.exceptions.ConnectionError", PYTHON),
        told("python", "ConnectionError", *IN_PYTHON),
    ),
    "python, one frame of its own": (
        printed("python", "DoesNotExist", ONE_OWN),
        told("python", "DoesNotExist", *IN_ONE_OWN),
    ),
    "python, recursion": (
        printed("python", "RecursionError", DEEP),
        told("python", "RecursionError", *IN_DEEP),
    ),
    "python without types": (
        printed("python", "", PYTHON),
        told("python", "ConnectionError", *IN_PYTHON),
    ),
    ".NET": (
        printed("csharp", "System.InvalidOperationException", DOTNET),
        told(
            "csharp", "System.InvalidOperationException", *(*SYSTEM[:2], *CLASSIC[::-1], SYSTEM[2])
        ),
    ),
    ".NET, enhanced": (
        printed("csharp", "InvalidOperationException", DOTNET),
        told(
            "csharp", "System.InvalidOperationException", *(*SYSTEM[:2], *ENHANCED[::-1], SYSTEM[2])
        ),
    ),
    "java": (
        printed("java", "java.lang.IllegalStateException", JAVA),
        event(
            failure("SocketTimeoutException", "Read timed out", *OF_ITS_CAUSE, module="java.net"),
            failure("IllegalStateException", "said", *OF_JAVA, module="java.lang"),
            platform="java",
        ),
    ),
    "node": (printed("node", "TypeError", NODE), told("node", "TypeError", *IN_NODE)),
    "go": (printed("go", "*errors.errorString", GO), told("go", "*errors.errorString", *IN_GO)),
    "ruby": (
        printed("ruby", "Shop::PaymentError", RUBY),
        told("ruby", "Shop::PaymentError", *IN_RUBY),
    ),
    "php": (
        printed("php", "App\\Errors\\PaymentError", PHP),
        told("php", "App\\Errors\\PaymentError", *IN_PHP),
    ),
}


@pytest.mark.parametrize(("as_text", "as_frames"), PAIRS.values(), ids=PAIRS)
def test_a_printed_trace_and_its_frames_are_one_issue(as_text, as_frames):
    assert key(as_text) == key(as_frames)


def test_pairs_stay_apart_from_one_another():
    assert len({key(as_frames) for _, as_frames in PAIRS.values()}) == len(PAIRS) - 2
