// One execution environment of Lambda: asks the Runtime API for events, one at a time, and runs the handler. Responses
// stream when the handler was made by `awslambda.streamifyResponse`, as in the managed Node runtime.
import { Agent, request as send } from "node:http";
import { join } from "node:path";
import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { pathToFileURL } from "node:url";

const STREAMED = Symbol("streamed");
const PRELUDE_TYPE = "application/vnd.awslambda.http-integration-response";
const DIVIDER = Buffer.alloc(8);
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new Agent({ keepAlive: true });

/** What a streamed response is written to; the type is settled by its first byte. */
class ResponseStream extends Writable {
  #open;
  #request = null;
  #type = "application/octet-stream";

  constructor(open) {
    super({ highWaterMark: 64 * 1024 });
    this.#open = open;
  }

  setContentType(type) {
    this.#type = type;
  }

  get sent() {
    return this.#request !== null;
  }

  _write(chunk, _encoding, done) {
    this.#request ??= this.#open(this.#type);
    if (this.#request.write(chunk)) done();
    else this.#request.once("drain", done);
  }

  _final(done) {
    this.#request ??= this.#open(this.#type);
    this.#request.end(done);
  }

  _destroy(error, done) {
    if (error) this.#request?.destroy();
    done(error);
  }
}

globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { [STREAMED]: true }),
  HttpResponseStream: {
    from(stream, metadata) {
      stream.setContentType(PRELUDE_TYPE);
      stream.write(JSON.stringify(metadata));
      stream.write(DIVIDER);
      return stream;
    },
  },
};

function ask(method, path, headers = {}, body = "") {
  return new Promise((resolve, reject) => {
    const request = open(method, path, headers, resolve, reject);
    request.end(body);
  });
}

function open(method, path, headers, resolve, reject) {
  const mine = { "lambda-runtime-process": String(process.pid), ...headers };
  const request = send({ host, port, method, path: `/2018-06-01/runtime/${path}`, headers: mine, agent }, (response) => {
    const chunks = [];
    response.on("data", (chunk) => chunks.push(chunk));
    response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
  });
  request.on("error", reject);
  return request;
}

async function invoke(handler, { headers, body }) {
  const id = headers["lambda-runtime-aws-request-id"];
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const context = {
    awsRequestId: id,
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(deadline - Date.now(), 0),
  };
  const event = JSON.parse(body);
  if (handler[STREAMED]) return stream(handler, event, context, id);
  try {
    const answer = await handler(event, context);
    await ask("POST", `invocation/${id}/response`, {}, JSON.stringify(answer ?? null));
  } catch (error) {
    await fail(`invocation/${id}/error`, error);
  }
}

async function stream(handler, event, context, id) {
  const heard = Promise.withResolvers();
  const output = new ResponseStream((type) => {
    const headers = { "content-type": type, "lambda-runtime-function-response-mode": "streaming" };
    const chunked = { ...headers, "transfer-encoding": "chunked" };
    return open("POST", `invocation/${id}/response`, chunked, heard.resolve, heard.reject);
  });
  try {
    await handler(event, output, context);
    if (!output.writableEnded) output.end();
    await finished(output);
    await heard.promise;
  } catch (error) {
    if (!output.sent) return fail(`invocation/${id}/error`, error);
    console.error(error);
    output.destroy(error);
    heard.promise.catch(() => {});
  }
}

function fail(path, error) {
  console.error(error);
  const said = { errorType: error?.name ?? "Error", errorMessage: String(error?.message ?? error), trace: [] };
  return ask("POST", path, { "lambda-runtime-function-error-type": `Unhandled.${said.errorType}` }, JSON.stringify(said));
}

async function load() {
  const [file, name] = process.env._HANDLER.split(".");
  const module = await import(pathToFileURL(join(process.env.LAMBDA_TASK_ROOT, `${file}.mjs`)));
  return module[name];
}

// Whoever started this process ends it: a signal to the whole group must not cut off what is being answered.
process.on("SIGTERM", () => {});
process.on("SIGINT", () => {});
try {
  const handler = await load();
  for (;;) await invoke(handler, await ask("GET", "invocation/next"));
} catch (error) {
  if (error?.code === "ECONNREFUSED" || error?.code === "ECONNRESET") process.exit(0);
  await fail("init/error", error).catch(() => {});
  process.exit(1);
}
