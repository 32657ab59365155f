import { chatCompletions } from "./openai-compatible.ts";

export default chatCompletions("ollama", "http://localhost:11434/v1");
