import { chatCompletions } from "./openai-compatible.ts";

export default chatCompletions("cohere", "https://api.cohere.ai/compatibility/v1", "COHERE_API_KEY");
