import { chatCompletions } from "./openai-compatible.ts";

export default chatCompletions("openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY");
