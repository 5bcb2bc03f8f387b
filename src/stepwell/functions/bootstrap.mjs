// The program of a worker that runs a function in JavaScript: the AWS Lambda Runtime API on one side, the handler on the
// other. It needs Node.js and nothing else. Arguments: entry file, its name in messages, the handler's export.
//
// Standard input is the parent's lifeline: when it closes, the parent is gone and this process ends at once, with
// whatever it started. A thread watches it, since a handler may keep this one busy for ever.
//
// Source of names and texts: AWS, "Define Lambda function handler in Node.js", "Using the Lambda runtime API".

import http from "node:http";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

const [file, module, handlerName] = process.argv.splice(2);
const [address, secret] = process.env.AWS_LAMBDA_RUNTIME_API.split("/");
const [host, port] = address.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

if (!/nodejs/.test(process.env.AWS_EXECUTION_ENV)) {
  process.env.AWS_EXECUTION_ENV = `AWS_Lambda_nodejs${process.versions.node.split(".")[0]}.x`;
}

// --- the parent ------------------------------------------------------------------------------------------------------

// The thread waits in an event loop of its own, never in a system call: Node.js waits for its threads when it exits.
const WATCH = `
  const { Socket } = require("node:net");
  const end = () => {
    try { process.kill(-process.pid, "SIGKILL"); } catch { process.kill(process.pid, "SIGKILL"); }
  };
  new Socket({ fd: 0, readable: true, writable: false }).on("error", end).on("close", end).resume();
`;
new Worker(WATCH, { eval: true }).unref();

// --- the Runtime API -------------------------------------------------------------------------------------------------

/** Status, headers and body of an answer; the process ends when nobody answers. */
function send(method, path, body, headers = {}) {
  return new Promise((resolve) => {
    const options = { agent, host, port, method, path: `/${secret}/2018-06-01/runtime${path}`, headers };
    const request = http.request(options, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => resolve([answer.statusCode, answer.headers, Buffer.concat(chunks).toString()]));
      answer.on("error", () => process.exit(1));
    });
    request.on("error", () => process.exit(1));
    request.end(body);
  });
}

/** Show an error in the log and hand it over. */
async function report(path, error) {
  process.stderr.write(`${JSON.stringify(error)}\n`);
  const headers = { "Content-Type": "application/json", "Lambda-Runtime-Function-Error-Type": error.errorType };
  await send("POST", path, JSON.stringify(error), headers);
}

/** Lambda's error object for whatever was thrown. */
function errorOf(thrown, type) {
  if (!(thrown instanceof Error) && !(thrown && thrown.stack && thrown.message)) {
    return { errorType: type ?? typeof thrown, errorMessage: String(thrown), trace: [] };
  }
  const trace = String(thrown.stack ?? thrown).split("\n");
  return { errorType: type ?? thrown.name, errorMessage: type ? String(thrown) : thrown.message, trace };
}

// --- the handler -----------------------------------------------------------------------------------------------------

class Fault extends Error {
  constructor(name, message) {
    super(message);
    this.name = name;
  }
}

/** The handler's function: an export, or a member of one (`api.handler`). */
async function load() {
  let loaded;
  try {
    loaded = await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError) throw new Fault("Runtime.UserCodeSyntaxError", String(error));
    if (error?.code === "MODULE_NOT_FOUND" || error?.code === "ERR_MODULE_NOT_FOUND") {
      throw new Fault("Runtime.ImportModuleError", String(error));
    }
    throw error;
  }
  const inside = (value) => handlerName.split(".").reduce((found, name) => found?.[name], value);
  const handler = inside(loaded) ?? inside(loaded.default);
  if (typeof handler !== "function") {
    throw new Fault("Runtime.HandlerNotFound", `${module}.${handlerName} is undefined or not exported`);
  }
  return handler;
}

/** The `context` argument of a handler. */
function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const client = headers["lambda-runtime-client-context"];
  return {
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: client ? JSON.parse(client) : undefined,
    identity: undefined,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

let settle = null; // answers the call that runs now with nothing, should the event loop run dry

/** What a handler gives: by its promise, by its callback, or nothing once it has nothing more to do. */
function call(handler, event, context) {
  return new Promise((resolve, reject) => {
    const callback = (error, result) => (error ? reject(error) : resolve(result));
    context.done = callback;
    context.succeed = resolve;
    context.fail = reject;
    settle = () => resolve(null);
    const returned = handler(event, context, callback);
    if (typeof returned?.then === "function") returned.then(resolve, reject);
  });
}

/** The result's JSON. A result that has none (a function, a cycle) is the function's failure. */
function print(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? "null";
  } catch {
    throw new Fault("Runtime.MarshalError", "Unable to stringify response body");
  }
}

let current = null; // the id of the call that runs now

async function answer(handler, headers, body) {
  const path = `/invocation/${current}`;
  if (headers["lambda-runtime-trace-id"]) process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"];
  else delete process.env._X_AMZN_TRACE_ID;
  let result;
  try {
    result = print(await call(handler, JSON.parse(body), contextOf(headers)));
  } catch (error) {
    await report(`${path}/error`, errorOf(error));
    return;
  }
  await send("POST", `${path}/response`, result, { "Content-Type": "application/json" });
}

async function serve() {
  let handler;
  try {
    handler = await load();
  } catch (error) {
    await report("/init/error", { ...errorOf(error), requestId: "" });
    process.exit(1);
  }
  for (;;) {
    const [status, headers, body] = await send("GET", "/invocation/next");
    if (status !== 200) process.exit(1);
    current = headers["lambda-runtime-aws-request-id"];
    await answer(handler, headers, body);
    current = settle = null;
  }
}

/** An error that no handler's promise carries ends the process, after the call has heard of it. */
async function end(error, status) {
  await report(current ? `/invocation/${current}/error` : "/init/error", error);
  process.exit(status);
}

process.on("uncaughtException", (error) => end(errorOf(error), 129));
process.on("unhandledRejection", (reason) => end(errorOf(reason, "Runtime.UnhandledPromiseRejection"), 128));
process.on("beforeExit", () => settle?.());
await serve();
