"""Post-training beside GRPO: good answers, preferences, a teacher, and R1's stages."""
