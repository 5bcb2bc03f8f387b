import activities from "./activities.json";
import app from "./app.json";
import dashboard from "./dashboard.json";
import editor from "./editor.json";
import execution from "./execution.json";
import executions from "./executions.json";
import graph from "./graph.json";
import machine from "./machine.json";
import machines from "./machines.json";
import mapRun from "./map-run.json";
import settings from "./settings.json";
import start from "./start.json";
import ui from "./ui.json";

/** One file a room: `t("graph.status.running")` stands in graph.json. */
export default { activities, app, dashboard, editor, execution, executions, graph, machine, machines, mapRun, settings, start, ui };
