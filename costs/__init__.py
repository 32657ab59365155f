"""What running an agent costs: prices as data with their dates, and a model per platform. Pure."""
