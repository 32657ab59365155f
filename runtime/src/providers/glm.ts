import { chatCompletions } from "./openai-compatible.ts";

export default chatCompletions("glm", "https://open.bigmodel.cn/api/paas/v4", "GLM_API_KEY");
