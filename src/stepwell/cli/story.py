"""What `stepwell demo` shows: the order on its way, its outcome, and what to try next."""

import json
import shlex
import shutil
import sys
import time
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from stepwell.cli.drawing import Drawing
from stepwell.cli.progress import Kind, Progress
from stepwell.cli.terminal import can_draw, duration_text
from stepwell.demo.client import Client
from stepwell.demo.shop import HOST, Shop, definition, order_text
from stepwell.demo.worker import PackingBench

_LOOK_S: Final = 0.05
_PATIENCE_S: Final = 2
_EFFORT_S: Final = 0.4
_FAST_EFFORT_S: Final = 0.05
_INTRODUCTION: Final = """\
Order 1042: a book, a lamp and a sofa, as a gift. A server of its own takes it through the shop's
workflow: local functions, a stock room that must be asked twice, a wait, a packing bench that asks
for work over HTTP, and a ribbon that has run out."""


def tell(shop: Shop, screen: Console, keep: bool, fast: bool) -> bool:
    """The story, from the opening of the shop to what to try next; whether the order went well."""
    begun = time.monotonic()
    screen.print("\nStepwell: an order, from the click to the parcel\n", style="bold cyan")
    screen.print(_INTRODUCTION + "\n", style="dim")
    shop.start()
    client = Client(HOST, shop.port)
    shop.stock(client)
    started = duration_text(time.monotonic() - begun)
    screen.print(f"  server   http://{HOST}:{shop.port}, process {shop.pid}, up in {started}")
    screen.print(f"  data     {shop.database}\n")
    bench = PackingBench(HOST, shop.port, shop.activity_arn, _FAST_EFFORT_S if fast else _EFFORT_S)
    bench.start()
    execution = client.call(
        "StartExecution",
        stateMachineArn=shop.machine_arn,
        name="order-1042",
        input=order_text(0 if fast else _PATIENCE_S),
    )["executionArn"]
    events = _follow(client, execution, screen)
    bench.stop()
    outcome = client.call("DescribeExecution", executionArn=execution)
    _show_outcome(screen, outcome, events)
    if outcome["status"] == "SUCCEEDED":
        _show_next(screen, shop, keep)
    return bool(outcome["status"] == "SUCCEEDED")


def _follow(client: Client, execution: str, screen: Console) -> int:
    """Draw the execution's history as it is written; how many events there were at the end."""
    progress = Progress()
    with Drawing(screen, _comments(json.loads(definition()))) as drawing:
        while True:
            page = client.call("GetExecutionHistory", executionArn=execution, maxResults=1000)
            notes = progress.take(page["events"])
            drawing.show(progress, notes)
            if any(note.kind is Kind.ENDED for note in notes):
                return progress.last_id
            time.sleep(_LOOK_S)


def _comments(flow: dict[str, Any]) -> dict[str, str]:
    """What the definition says about its states, at any depth."""
    found: dict[str, str] = {}
    for name, state in flow["States"].items():
        if "Comment" in state:
            found[name] = state["Comment"]
        for inner in (*state.get("Branches", ()), *([state["ItemProcessor"]] if "ItemProcessor" in state else ())):
            found.update(_comments(inner))
    return found


def _show_outcome(screen: Console, outcome: dict[str, Any], events: int) -> None:
    good = outcome["status"] == "SUCCEEDED"
    elapsed = duration_text(outcome["stopDate"] - outcome["startDate"])
    line = Text("\n").append(outcome["status"], "bold green" if good else "bold red")
    line.append(f" in {elapsed}. {events} history events, each on the disk before anybody saw its effect.\n", "dim")
    screen.print(line)
    if good:
        screen.print(json.dumps(json.loads(outcome["output"]), indent=2))
    else:
        screen.print(f"{outcome.get('error')}: {outcome.get('cause')}")


def _show_next(screen: Console, shop: Shop, keep: bool) -> None:
    program = _program()
    for title, text in _kept(shop, program) if keep else _tries(program):
        mark = "▸" if can_draw(screen.file) else ">"
        screen.print(f"\n{mark} {title}", style="bold")
        screen.print(text)
    screen.print()


def _program() -> str:
    """What to type to call this program again: its name if the shell finds it, else the way it was called."""
    called = Path(sys.argv[0])
    if called.name != "stepwell":
        return f"{shlex.quote(sys.executable)} -m stepwell"
    return "stepwell" if shutil.which("stepwell") == str(called.absolute()) else shlex.quote(sys.argv[0])


def _tries(program: str) -> list[tuple[str, str]]:
    """What to try after a demo that has cleaned up after itself."""
    return [
        ("Pull the plug on one: leave the server up, kill -9 it, start it again", f"  {program} demo --keep"),
        (
            "Run a definition of your own, without any server",
            """\
  echo '{"StartAt": "Greet", "States": {"Greet": {"Type": "Pass", "End": true,
    "Parameters": {"text.$": "States.Format(\\'Hello, {}!\\', $.name)"}}}}' > hello.asl.json
""".replace("\\'", "'\\''")
            + f"""  {program} validate hello.asl.json
  {program} run hello.asl.json --input '{{"name": "Ada"}}'""",
        ),
        (
            "Serve the API to boto3, the AWS command line and your tests",
            f"""  {program} serve
  aws stepfunctions list-state-machines --endpoint-url http://127.0.0.1:8083 --region us-east-1""",
        ),
    ]


def _kept(shop: Shop, program: str) -> list[tuple[str, str]]:
    """What to try with the server that was left running."""
    address = f"http://{HOST}:{shop.port}"
    again = f"{program} {shlex.join(shop.arguments())}"
    return [
        (
            "The server is still up. Start an order that takes its time (boto3)",
            f"""\
  import boto3
  sfn = boto3.client("stepfunctions", endpoint_url="{address}", region_name="us-east-1",
                     aws_access_key_id="any", aws_secret_access_key="any")
  order = sfn.start_execution(stateMachineArn="{shop.machine_arn}",
                              input='{order_text(60)}')""",
        ),
        ("Kill the server while the order waits, and start it again", f"  kill -9 {shop.pid}\n  {again}"),
        (
            "The order is still there, and goes on (its parcel then waits for a packing bench: be one)",
            f"""\
  sfn.describe_execution(executionArn=order["executionArn"])["status"]
  task = sfn.get_activity_task(activityArn="{shop.activity_arn}")
  sfn.send_task_success(taskToken=task["taskToken"], output='{{"parcel": "mine"}}')""",
        ),
        ("Done? Stop the server, and remove its folder", f"  kill {shop.pid}\n  rm -r {shlex.quote(str(shop.folder))}"),
    ]
