import { chatCompletions } from "./openai-compatible.ts";

export default chatCompletions("glama", "https://gateway.glama.ai/v1", "GLAMA_API_KEY");
