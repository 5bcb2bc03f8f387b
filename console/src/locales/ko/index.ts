import app from "./app.json";
import editor from "./editor.json";
import graph from "./graph.json";

/** One file a room: `t("graph.status.running")` stands in graph.json. */
export default { app, editor, graph };
