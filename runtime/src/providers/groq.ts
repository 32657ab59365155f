import { chatCompletions } from "./openai-compatible.ts";

export default chatCompletions("groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY");
