import { chatCompletions } from "./openai-compatible.ts";

export default chatCompletions("litellm", undefined, "LITELLM_API_KEY");
