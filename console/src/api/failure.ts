/** An answer that is an error: the server's code and message, and the id to find the request by in its log. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";

  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly requestId: string | null,
  ) {
    super(message);
  }

  /** Whether the caller lacks a permission. */
  get refused(): boolean {
    return this.status === 403 || this.code === "AccessDeniedException";
  }
}

/** No answer came: the server is down or unreachable. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

interface ErrorBody {
  __type?: string;
  code?: string;
  message?: string;
  Message?: string;
}

/** The failure that an answer tells, in the spelling of the API (`__type`) or of the console reads (`code`). */
export async function failureOf(answer: Response): Promise<ApiFailure> {
  const body = (await answer.json().catch(() => ({}))) as ErrorBody;
  const code = (body.code ?? body.__type ?? `HTTP ${answer.status}`).replace(/^.*#/, "");
  const message = body.message ?? body.Message ?? answer.statusText;
  return new ApiFailure(code, message, answer.status, answer.headers.get("x-amzn-requestid"));
}

/** `fetch`, with a failure that can be told from others when nobody answers. */
export async function ask(address: string, request?: RequestInit): Promise<Response> {
  try {
    return await fetch(address, request);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new NoAnswer(error instanceof Error ? error.message : String(error));
  }
}
