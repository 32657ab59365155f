import { chatCompletions } from "./openai-compatible.ts";

export default chatCompletions("local", "http://localhost:8080/v1");
