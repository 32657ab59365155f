import { chatCompletions } from "./openai-compatible.ts";

export default chatCompletions("minimax", "https://api.minimax.io/v1", "MINIMAX_API_KEY");
