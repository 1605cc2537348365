"""Models whose weights are public: GPT-2, Llama, SmolLM2."""
