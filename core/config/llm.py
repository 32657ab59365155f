"""`llm`: which model answers."""

from typing import Annotated, Literal

from pydantic import Field

from core.config.base import Count, Model, Name, OpenModel

Provider = Literal[
    "openai",
    "openai-compatible",
    "anthropic",
    "google",
    "groq",
    "xai",
    "cohere",
    "minimax",
    "glm",
    "openrouter",
    "litellm",
    "glama",
    "vertex",
    "bedrock",
    "local",
    "ollama",
    "dexto-nova",
]

#: The variable that a provider's client reads when `apiKey` is left out; vertex and bedrock read identities,
#: local models none.
KEY_VARIABLES: dict[str, str] = {
    "openai": "OPENAI_API_KEY",
    "openai-compatible": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google": "GOOGLE_GENERATIVE_AI_API_KEY",
    "groq": "GROQ_API_KEY",
    "xai": "XAI_API_KEY",
    "cohere": "COHERE_API_KEY",
    "minimax": "MINIMAX_API_KEY",
    "glm": "GLM_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
    "litellm": "LITELLM_API_KEY",
    "glama": "GLAMA_API_KEY",
    "dexto-nova": "DEXTO_API_KEY",
}


class Reasoning(OpenModel):
    """How much the model thinks; what it may say depends on the provider."""

    variant: str | None = None
    budget_tokens: Count | None = None


class LLM(Model):
    """The model and its limits. `router` is the older generation's and is ignored."""

    provider: Annotated[Provider, Field(description="Who serves the model.")]
    model: Annotated[Name, Field(description="The model's name, as its provider spells it.")]
    api_key: Annotated[str | None, Field(description="A variable such as $OPENAI_API_KEY.")] = None
    base_url: Annotated[str | None, Field(alias="baseURL", description="The API's address.")] = None
    max_iterations: Annotated[Count | None, Field(description="Tool rounds in one turn.")] = None
    max_input_tokens: Count | None = None
    max_output_tokens: Count | None = None
    temperature: Annotated[float | None, Field(ge=0, le=1)] = None
    allowed_media_types: list[str] | None = None
    reasoning: Reasoning | None = None
    reasoning_effort: str | None = None
    router: Literal["vercel", "in-built"] | None = None
