//! One TOML file and environment overrides; unknown keys are refused with a suggestion.
