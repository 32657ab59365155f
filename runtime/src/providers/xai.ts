import { chatCompletions } from "./openai-compatible.ts";

export default chatCompletions("xai", "https://api.x.ai/v1", "XAI_API_KEY");
