// What a model's failure is called to the outside.

import { APICallError } from "@ai-sdk/provider";
import { publicMessage, RuntimeError } from "../errors.ts";
import { Failure as PartFailure } from "../failure.ts";
import { lostConnection } from "./model.ts";

export interface Failure {
  name: string;
  code: string;
  message: string;
}

export function describeFailure(error: unknown, secrets: readonly string[]): Failure {
  if (error instanceof RuntimeError || error instanceof PartFailure) return ofOurs(error);
  if (APICallError.isInstance(error)) return { name: "ModelError", ...ofCall(error, secrets) };
  const said = publicMessage(error, secrets);
  if (lostConnection(error))
    return { name: "ModelError", code: "model_unreachable", message: `The model is gone: ${said}` };
  return { name: "ModelError", code: "model_failed", message: `The model's answer could not be read: ${said}` };
}

const ofOurs = ({ name, code, message }: RuntimeError | PartFailure): Failure => ({ name, code, message });

function ofCall(error: APICallError, secrets: readonly string[]): Omit<Failure, "name"> {
  const said = publicMessage(error, secrets);
  const status = error.statusCode;
  if (status === undefined) return { code: "model_unreachable", message: `The model cannot be reached: ${said}` };
  if (status === 401 || status === 403) return { code: "model_refused_key", message: "The model refused its API key." };
  if (status === 429) return { code: "model_rate_limit", message: `The model refuses for now (429): ${said}` };
  return { code: "model_failed", message: `The model failed (${status}): ${said}` };
}
